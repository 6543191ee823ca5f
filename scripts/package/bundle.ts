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
    define: { WATTLINE_VERSION: JSON.stringify(version) },
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

/** Copies packages with everything they need, flat, keeping only the binary parts of one architecture. */
export function copyExternals(root: string, product: Product, app: string, architecture: Architecture): void {
  const from = join(root, 'packages', product.name.replace('wattline-', ''), 'package.json');
  const copied = new Map<string, string>();
  const copy = (name: string, requiredBy: string, optional: boolean): void => {
    const folder = folderOf(name, requiredBy);
    if (folder === undefined) {
      if (optional) return;
      throw new Error(`${name}, needed by ${requiredBy}, is not installed`);
    }
    const manifest = manifestOf(folder);
    const before = copied.get(name);
    if (before !== undefined) {
      if (before !== manifest.version)
        throw new Error(`${name} is needed in two versions: ${before}, ${manifest.version}`);
      return;
    }
    copied.set(name, manifest.version);
    const target = join(app, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(folder, target, {
      recursive: true,
      dereference: true,
      filter: (path) => isShipped(path, folder, architecture),
    });
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (isNeededAtRunTime(dependency)) copy(dependency, join(folder, 'package.json'), false);
    }
    for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) {
      copy(dependency, join(folder, 'package.json'), true);
    }
  };
  for (const name of product.external) copy(name, from, false);
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
