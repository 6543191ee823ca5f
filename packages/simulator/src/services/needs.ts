// What a test needs of the machine. What is missing is said in one line, and is a failure where everything must be there.

import { spawnSync } from 'node:child_process';
import type { Environment } from '@wattline/program';

/**
 * True when nothing is missing.
 * @param missing what to do about it, in words; undefined: nothing
 * @param environment CI=true: everything must be there
 */
export function hasAllNeeds(missing: string | undefined, environment: Environment): boolean {
  if (missing === undefined) return true;
  if (environment['CI'] === 'true') throw new Error(missing);
  process.stderr.write(`skipped: ${missing}\n`);
  return false;
}

/** @param programs name → Debian package that brings it */
export function missingPrograms(programs: { readonly [program: string]: string }): string | undefined {
  const missing = Object.keys(programs).filter((program) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((program) => programs[program]))];
  return `${missing.join(', ')} missing: sudo apt install ${packages.join(' ')}`;
}

export const hasPrograms = (
  programs: { readonly [program: string]: string },
  environment: Environment,
): boolean => hasAllNeeds(missingPrograms(programs), environment);

const isInstalled = (program: string): boolean =>
  spawnSync('sh', ['-c', `${systemPath} command -v ${program}`]).status === 0;

/** Debian keeps servers where only root's PATH leads. */
export const systemPath = 'PATH="$PATH:/usr/sbin:/sbin";';
