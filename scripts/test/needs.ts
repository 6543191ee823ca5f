// What a test needs of the machine. What is missing is said in one line, and is a failure where everything must be there.

import { spawnSync } from 'node:child_process';

/** True when nothing is missing. @param missing what to do about it, in words; undefined: nothing */
export function hasAllNeeds(missing: string | undefined): boolean {
  if (missing === undefined) return true;
  if (process.env['CI'] === 'true') throw new Error(missing);
  process.stderr.write(`skipped: ${missing}\n`);
  return false;
}

/** @param programs name → Debian package that brings it */
export function missingPrograms(programs: { readonly [program: string]: string }): string | undefined {
  const packages = Object.entries(programs)
    .filter(
      ([program]) =>
        spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin; command -v ${program}`]).status !== 0,
    )
    .map(([, debianPackage]) => debianPackage);
  return packages.length === 0
    ? undefined
    : `install the Debian packages ${[...new Set(packages)].join(', ')}`;
}
