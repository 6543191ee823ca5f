// The gate: types, lint and format, generated files unchanged, tests. `--fast` leaves out the tests that start programs.
// What was skipped and why is said at the end; with CI=true a test that did not run is a failure.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInGroup } from './gate/process-group.ts';
import { readTestsResult } from './gate/tests-result.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isFast = process.argv.includes('--fast');
const mustRunAll = process.env['CI'] === 'true';

const checks: readonly (readonly [string, ...string[]])[] = [
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'packages/bridge/page'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['node', 'scripts/generate.ts', '--check'],
];

const stop = new AbortController();
let stoppedBy: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    stop.abort();
  });
}

/** Why tests did not run, as they said it themselves. */
const reasons = new Set<string>();
function complained(line: string): void {
  const [, reason] = /^skipped: (.*)/.exec(line) ?? [];
  if (reason !== undefined) reasons.add(reason);
}

/** False when it failed, which is said. */
async function run(command: readonly string[]): Promise<boolean> {
  const startMs = performance.now();
  const options = { folder: root, environment: process.env, signal: stop.signal, complained };
  const { status, leftBehind } = await runInGroup(command, options);
  const name = command.slice(0, 3).join(' ');
  if (stoppedBy !== undefined) return false;
  if (status !== 0) console.error(`${name}: failed`);
  else if (leftBehind.length > 0)
    console.error(`${name}: left running, and killed:\n  ${leftBehind.join('\n  ')}`);
  else console.error(`${name}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return status === 0 && leftBehind.length === 0;
}

async function runTests(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-gate-'));
  const file = join(folder, 'tests.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const done = await run(['vitest', 'run', ...reporters, ...(isFast ? ['--project=quick'] : [])]);
    if (!existsSync(file)) return false;
    const { passed, failed, skipped } = readTestsResult(file);
    for (const reason of reasons) console.log(`skipped: ${reason}`);
    if (isFast) console.log('left out: tests that start programs or a browser; npm test runs them');
    const isComplete = !mustRunAll || skipped.length === 0;
    if (!isComplete) console.log(`did not run, and must with CI=true:\n  ${skipped.join('\n  ')}`);
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    return done && isComplete;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runAll(): Promise<boolean> {
  for (const check of checks) if (!(await run(check))) return false;
  return runTests();
}

const isGood = await runAll();
process.exitCode = stoppedBy === undefined ? Number(!isGood) : 128 + constants.signals[stoppedBy];
