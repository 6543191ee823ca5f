// The gate's own parts: what it starts ends, what it counts is right, what it leaves out is what takes long.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runInGroup } from '../gate/process-group.ts';
import { startsPrograms } from '../gate/starts-programs.ts';
import { readTestsResult } from '../gate/tests-result.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe('a command of the gate', () => {
  const never = new AbortController().signal;
  // Seconds that nobody else sleeps.
  const sleep = `sleep 9${process.pid}`;
  // A killed process is gone only when the kernel has had the time for it.
  const nobodySleeps = `timeout 5 sh -c 'while pgrep --full "^${sleep}"; do sleep 0.02; done'`;
  const run = (script: string, signal = never, complained = (_: string): void => undefined) =>
    runInGroup(['sh', '-c', script], { folder: root, environment: process.env, signal, complained });

  test('tells how it ended, and its complaints line by line', async () => {
    const lines: string[] = [];
    const ended = await run('echo one >&2; echo two >&2; exit 7', never, (line) => lines.push(line));
    expect(ended).toEqual({ status: 7, leftBehind: [] });
    expect(lines).toEqual(['one', 'two']);
  });

  test('leaves nothing running, and what it would have left is known', async () => {
    expect(await run(`${sleep} & exit 0`)).toEqual({ status: 0, leftBehind: [sleep] });
    expect(await run(nobodySleeps)).toMatchObject({ status: 0 });
  });

  test('ends when told, and what it started too, even if it does not listen', async () => {
    const stop = new AbortController();
    const ended = run(`trap "" TERM; ${sleep} & echo up >&2; while :; do wait; done`, stop.signal, () =>
      stop.abort(),
    );
    expect(await ended).toMatchObject({ status: undefined });
    expect(await run(nobodySleeps)).toMatchObject({ status: 0 });
  });

  test('that does not exist has failed', async () => {
    const options = { folder: root, environment: process.env, signal: never };
    expect(await runInGroup(['wattline-no-such-program'], options)).toEqual({
      status: undefined,
      leftBehind: [],
    });
  });
});

describe('the result of the tests', () => {
  const resultOf = (report: object) => {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-result-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'tests.json'), JSON.stringify(report));
    return readTestsResult(join(folder, 'tests.json'));
  };
  const file = (status: string, ...tests: string[]) => ({
    name: 'some.test.ts',
    status,
    assertionResults: tests.map((test, index) => ({ status: test, fullName: `number ${index}` })),
  });

  test('counts tests, and names those that did not run', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped'), file('failed', 'failed', 'passed')] };
    expect(resultOf(report)).toEqual({ passed: 2, failed: 1, skipped: ['number 1'] });
  });

  test('counts a file that could not be loaded as one failure', () => {
    expect(resultOf({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: [] });
  });
});

describe('tests that start programs', () => {
  const starts = (file: string): boolean => startsPrograms(join(root, file));

  test('are told by what they import, also by way of another file of the tests', () => {
    expect(starts('scripts/test/bootstrap.test.ts')).toBe(true);
    expect(starts('scripts/test/deploy/mosquitto.test.ts')).toBe(true);
    expect(starts('packages/bridge/test/page/page.test.ts')).toBe(true);
  });

  test('are not those of which only the product can start something', () => {
    expect(starts('scripts/test/tidy.test.ts')).toBe(false);
    expect(starts('packages/agent/test/command-line.test.ts')).toBe(false);
  });
});
