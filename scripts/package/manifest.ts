// What a package.json says, and where Node finds a package.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly bin?: string | { readonly [program: string]: string };
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}

export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The folder of a package as a package in `fromFolder` would find it. */
export function packageFolder(name: string, fromFolder: string): string | undefined {
  const require = createRequire(join(realpathSync(fromFolder), 'package.json'));
  for (const path of require.resolve.paths(name) ?? []) {
    const folder = join(path, name);
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  }
  return undefined;
}
