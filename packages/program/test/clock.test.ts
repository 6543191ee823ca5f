import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ClockSources, createClock } from '../src/clock.ts';

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '../src', file));
const inAnotherProcess = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
    encoding: 'utf8',
  }).trim();

describe('whether the time is believed', () => {
  const now = Date.UTC(2026, 5, 1);
  const machineWith = (paths: readonly string[], overrides: Partial<ClockSources> = {}) =>
    createClock({ wallMs: () => now, exists: (path) => paths.includes(path), ...overrides });
  const timesyncd = '/run/systemd/timesync';

  test.each([
    ['systemd-timesyncd has not synchronised since boot', [timesyncd], false],
    ['systemd-timesyncd has synchronised', [timesyncd, `${timesyncd}/synchronized`], true],
    ['chrony runs', ['/run/chrony/chronyd.pid'], true],
    ['chrony runs beside the leftovers of systemd-timesyncd', [timesyncd, '/run/chrony/chronyd.pid'], true],
    ['ntpd runs', ['/run/ntpd.pid'], true],
    ['no time daemon is there', [], true],
  ])('%s', (_, paths, synced) => {
    expect(machineWith(paths).isSynced()).toBe(synced);
  });

  test('a clock that shows a time before the programs existed was never set', () => {
    const paths = [`${timesyncd}/synchronized`];
    expect(machineWith(paths, { wallMs: () => Date.UTC(2023, 11, 31) }).isSynced()).toBe(false);
    expect(machineWith(paths, { earliestMs: now + 1 }).isSynced()).toBe(false);
    expect(machineWith(paths, { earliestMs: now }).isSynced()).toBe(true);
  });

  test('it becomes believed when the daemon synchronises', () => {
    const paths = [timesyncd];
    const clock = machineWith(paths);
    expect(clock.isSynced()).toBe(false);
    paths.push(`${timesyncd}/synchronized`);
    expect(clock.isSynced()).toBe(true);
  });
});

test('the monotonic time counts from the start of the machine, whatever the wall clock does', () => {
  let monotonicMs = 5_000_000.25;
  const clock = createClock({ readText: () => '1234.56 2000.00\n', monotonicMs: () => monotonicMs });
  expect(clock.uptimeMs()).toBe(1_234_560);
  monotonicMs += 1500.5;
  expect(clock.uptimeMs()).toBe(1_236_061);
});

test('two processes of one boot agree on its time', () => {
  const program = `import { createClock } from ${source('clock.ts')};
    console.log(createClock().uptimeMs());`;
  const before = createClock().uptimeMs();
  const uptimeMs = Number(inAnotherProcess(program));
  // /proc/uptime counts in hundredths of a second.
  expect(uptimeMs).toBeGreaterThanOrEqual(before - 10);
  expect(uptimeMs).toBeLessThanOrEqual(createClock().uptimeMs() + 10);
});

test('a machine that does not tell its time since boot counts from anywhere', () => {
  const readText = (): string => {
    throw new Error('no such file');
  };
  expect(createClock({ readText, monotonicMs: () => 42 }).uptimeMs()).toBe(42);
});
