// The packages with binary parts, copied beside the bundle with what they load, for one architecture only.

import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { manifestOf, packageFolder } from './manifest.ts';
import { type Architecture, nodeArchitecture, type Product, sourceFolder } from './products.ts';

/** Copies `product.external` and what they depend on into `app/node_modules`. */
export function copyExternals(root: string, product: Product, app: string, architecture: Architecture): void {
  const versions = new Map<string, string>();

  /** One version of a package lies at the top; another one inside the package that asks for it. */
  const placeOf = (name: string, version: string, askedBy: string): string => {
    const top = join(app, 'node_modules', name);
    const before = versions.get(top);
    return before === undefined || before === version ? top : join(askedBy, 'node_modules', name);
  };
  const copy = (name: string, fromFolder: string, askedBy: string): void => {
    const folder = packageFolder(name, fromFolder);
    if (folder === undefined) throw new Error(`${name}, needed by ${fromFolder}, is not installed`);
    const { version, dependencies, optionalDependencies, bin } = manifestOf(folder);
    // What a package offers as a program is for its own authors.
    const programs = typeof bin === 'string' ? [bin] : Object.values(bin ?? {});
    const place = placeOf(name, version, askedBy);
    if (versions.has(place)) return;
    versions.set(place, version);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(folder, place, {
      recursive: true,
      dereference: true,
      filter: (path) => {
        const inside = relative(folder, path);
        return !programs.some((file) => normalize(file) === inside) && isShipped(inside, architecture);
      },
    });
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (!product.neverLoaded.includes(`${name} > ${needed}`)) copy(needed, folder, place);
    }
  };

  for (const name of product.external) copy(name, join(root, sourceFolder(product)), app);
}

const sourcesAndPapers =
  /(^|\/)(node_modules|test|tests|examples?|docs?|include|patches|assets|deps|hidapi|\.github|binding\.gyp|jest\.config\.js)(\/|$)/;
const kindsNotLoaded = /\.(md|ts|map|c|cc|cpp|h|gyp|gypi|yml)$/i;

function isShipped(path: string, architecture: Architecture): boolean {
  if (sourcesAndPapers.test(path)) return false;
  if (kindsNotLoaded.test(path) && !/^(licen[cs]e|notice)/i.test(path)) return false;
  const [, platform, file = ''] = /^prebuilds\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (platform === undefined) return true;
  // Some put what it is in front: HID_hidraw-linux-x64. Debian's C library is glibc.
  return new RegExp(`(^|-)linux-${nodeArchitecture[architecture]}$`).test(platform) && !file.includes('musl');
}
