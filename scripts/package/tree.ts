// The file tree of a package below a scratch root, as it will stand on the target machine.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundleSources } from './bundle.ts';
import { copyExternals } from './externals.ts';
import { copyNode } from './node-program.ts';
import type { Architecture, Product } from './products.ts';

export interface Build {
  readonly root: string;
  readonly version: string;
  /** Seconds since 1970: the time every file carries, so that two builds are the same byte for byte. */
  readonly epoch: number;
  readonly architecture: Architecture;
}

/** Program, Node, launcher and page at `home`, which stands alone wherever it is put. */
export async function makeHome(build: Build, product: Product, home: string): Promise<void> {
  const app = join(home, 'app');
  await bundleSources(build.root, product, app);
  copyExternals(build.root, product, app, build.architecture);
  if (product.name === 'wattline-bridge') {
    const { buildPage } = await import('../../packages/bridge/page/build.ts');
    await buildPage(join(app, 'page'));
  }
  copyNode(build.root, build.architecture, `${home}.node`, home);
  const launcher = readFileSync(join(build.root, 'deploy/deb/launcher'), 'utf8');
  writeFileSync(join(home, product.name), launcher.replace('@options@', product.nodeOptions.join(' ')));
  copyFileSync(join(build.root, 'LICENSE'), join(home, 'LICENSE'));
  for (const program of ['node', product.name]) chmodSync(join(home, program), 0o755);
}

/** Everything of the package but its control files. */
export async function makeTree(build: Build, product: Product, tree: string): Promise<void> {
  const home = join(tree, 'usr/lib', product.name);
  mkdirSync(home, { recursive: true });
  await makeHome(build, product, home);
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync(`../lib/${product.name}/${product.name}`, join(tree, 'usr/bin', product.name));
  const documents = join('usr/share/doc', product.name);
  const files: Record<string, string> = {
    ...product.files,
    'README.md': join(documents, 'README.md'),
    'deploy/deb/copyright': join(documents, 'copyright'),
  };
  for (const example of product.examples) {
    files[example] = join(documents, 'examples', example.split('/').at(-1) ?? example);
  }
  for (const [source, target] of Object.entries(files)) install(join(build.root, source), join(tree, target));
}

function install(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, readFileSync(source));
}

/** Plain rights and one time for every file: nothing of the building machine stays. */
export function normalise(tree: string, epoch: number): void {
  for (const entry of readdirSync(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) {
      normalise(path, epoch);
      chmodSync(path, 0o755);
    } else {
      chmodSync(path, isProgram(path) ? 0o755 : 0o644);
    }
    utimesSync(path, epoch, epoch);
  }
}

/** Node itself, and whatever says what runs it. */
const isProgram = (path: string): boolean =>
  basename(path) === 'node' || readFileSync(path).subarray(0, 2).toString('latin1') === '#!';
