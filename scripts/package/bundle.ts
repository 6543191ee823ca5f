// The program as one folder: bundled sources, the packages with binary parts beside them, and the Node it runs on.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { type Architecture, nodeArchitecture, type Product } from './products.ts';

/** Bundles the sources of a product into `app`. Splitting keeps the start short: a command loads only what it needs. */
export async function bundleSources(
  root: string,
  product: Product,
  app: string,
  version: string,
): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: product.entries,
    outdir: app,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    external: [...product.external],
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(app, 'THIRD-PARTY.txt'), thirdParty(root, Object.keys(result.metafile.inputs)));
}

/** Name, version and licence of every library that went into the bundle. */
function thirdParty(root: string, inputs: readonly string[]): string {
  const lines = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder === undefined) continue;
    const { name, version, license } = manifestOf(join(root, folder));
    lines.add(`${name} ${version} (${license ?? 'see its repository'})`);
  }
  return `${[...lines].sort().join('\n')}\n`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * Copies packages with everything they need, keeping only the binary parts of one architecture. The first version of a
 * package lies on top, another one inside the package that needs it.
 */
export function copyExternals(root: string, product: Product, app: string, architecture: Architecture): void {
  const versions = new Map<string, string>();
  const copy = (
    name: string,
    neededBy: { readonly source: string; readonly target: string },
    optional: boolean,
  ): void => {
    const source = folderOf(name, join(neededBy.source, 'package.json'));
    if (source === undefined) {
      if (optional) return;
      throw new Error(`${name}, needed by ${neededBy.source}, is not installed`);
    }
    const { version, dependencies = {}, optionalDependencies = {} } = manifestOf(source);
    const onTop = versions.get(name);
    if (onTop === version) return;
    if (onTop === undefined) versions.set(name, version);
    const target = join(onTop === undefined ? app : neededBy.target, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target, {
      recursive: true,
      dereference: true,
      filter: (path) => isShipped(path, source, architecture),
    });
    for (const dependency of Object.keys(dependencies).filter(isNeededAtRunTime)) {
      copy(dependency, { source, target }, dependency in optionalDependencies);
    }
    for (const dependency of Object.keys(optionalDependencies)) copy(dependency, { source, target }, true);
  };
  const source = join(root, 'packages', product.name.replace('wattline-', ''));
  for (const name of product.external) copy(name, { source, target: app }, false);
}

/** Tools of building that packages list beside what they run on. */
const isNeededAtRunTime = (name: string): boolean =>
  !['node-addon-api', 'patch-package', 'prebuild-install'].includes(name);

function folderOf(name: string, requiredBy: string): string | undefined {
  for (const path of createRequire(realpathSync(requiredBy)).resolve.paths(name) ?? []) {
    const folder = join(path, name);
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  }
  return undefined;
}

function isShipped(path: string, folder: string, architecture: Architecture): boolean {
  const inside = path.slice(folder.length + 1);
  if (/(^|\/)(node_modules|test|tests|examples?|docs?|src|deps|binding\.gyp|\.github)(\/|$)/.test(inside))
    return false;
  if (/\.(md|ts|map|c|cc|cpp|h|gyp|gypi|yml)$/i.test(inside) && !/^(licen[cs]e|notice)/i.test(inside))
    return false;
  const prebuild = /(^|\/)prebuilds\/([^/]+)/.exec(inside)?.[2];
  return prebuild === undefined || prebuild === `linux-${nodeArchitecture[architecture]}`;
}

/** Puts the Node of the workspace's own pin, for the target's architecture, at `target`. */
export function copyNode(root: string, architecture: Architecture, scratch: string, target: string): void {
  const name = `node-linux-${nodeArchitecture[architecture]}`;
  let folder = folderOf(name, join(root, 'package.json'));
  if (folder === undefined) {
    const { optionalDependencies = {} } = manifestOf(root);
    const spec = `${name}@${optionalDependencies[name]}`;
    mkdirSync(scratch, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch, spec], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = readdirSync(scratch).find((file) => file.startsWith(name) && file.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack ${spec} left no archive`);
    execFileSync('tar', ['-xzf', join(scratch, archive), '-C', scratch]);
    folder = join(scratch, 'package');
  }
  cpSync(join(folder, 'bin', 'node'), join(target, 'node'));
  cpSync(join(folder, 'LICENSE'), join(target, 'LICENSE.node'));
  rmSync(scratch, { recursive: true, force: true });
}
