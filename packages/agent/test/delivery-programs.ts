// Programs that the tests start. Where one is missing its tests are skipped with one line; with CI=true they fail.

import { spawnSync } from 'node:child_process';

/** Whether a program is there; says which Debian package brings it when it is not. */
export function hasProgram(program: string, debianPackage: string): boolean {
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status === 0) return true;
  const message = `${program} is missing: install the Debian package ${debianPackage}`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
}
