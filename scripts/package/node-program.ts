// The Node that a product brings, for the target's architecture: the workspace's own pin, from the lockfile.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf, packageFolder } from './manifest.ts';
import { type Architecture, nodeArchitecture } from './products.ts';

/** Puts `node` and its licence into `home`. What the workspace did not install is fetched into `scratch`. */
export function copyNode(root: string, architecture: Architecture, scratch: string, home: string): void {
  const name = `node-linux-${nodeArchitecture[architecture]}`;
  const folder = packageFolder(name, root) ?? fetchPackage(root, name, scratch);
  cpSync(join(folder, 'bin', 'node'), join(home, 'node'));
  cpSync(join(folder, 'LICENSE'), join(home, 'LICENSE.node'));
  rmSync(scratch, { recursive: true, force: true });
}

/** @throws Error when what came is not what the lockfile lists */
function fetchPackage(root: string, name: string, scratch: string): string {
  const version = manifestOf(root).optionalDependencies?.[name];
  mkdirSync(scratch, { recursive: true });
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], {
    cwd: scratch,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  const bytes = readFileSync(join(scratch, archive));
  const came = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  const listed = new RegExp(`^ {2}${name}@${version}:\\n {4}resolution: {integrity: (\\S+)}`, 'm').exec(
    lockfile,
  );
  if (came !== listed?.[1]) {
    throw new Error(`${name}@${version}: the lockfile lists ${listed?.[1]}, what came is ${came}`);
  }
  execFileSync('tar', ['-xzf', archive], { cwd: scratch });
  return join(scratch, 'package');
}
