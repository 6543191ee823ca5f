import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIntake } from '../src/intake/intake.ts';
import type { Message, Verdict } from '../src/message.ts';
import { reading } from './scratch-log.ts';

const stored: Verdict = { is: 'stored' };

/** A log that remembers its groups, on a disk that can be full. */
function fakeLog() {
  const groups: number[] = [];
  const disk = { full: false, error: Object.assign(new Error('database or disk is full'), { errcode: 13 }) };
  return {
    groups,
    disk,
    append: (messages: readonly Message[]) => {
      if (disk.full) throw disk.error;
      groups.push(messages.length);
      return messages.map(() => stored);
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function scene(more: { pendingMax?: number; pendingBytesMax?: number; groupMax?: number } = {}) {
  const log = fakeLog();
  const reports: string[] = [];
  const verdicts: number[] = [];
  const intake = createIntake({
    log: { append: (messages) => log.append(messages) },
    report: (text) => reports.push(text),
    uptimeMs: () => performance.now(),
    ...more,
  });
  const offer = (sequence: number) => intake.offer(reading(sequence), () => verdicts.push(sequence));
  return { log, reports, verdicts, intake, offer };
}

test('a message alone is committed at once, without waiting for others', () => {
  const { log, verdicts, offer } = scene();
  offer(0);
  expect(verdicts).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(verdicts).toEqual([0]);
  expect(log.groups).toEqual([1]);
});

test('what comes right after a commit of many gathers into one, for a few milliseconds at most', () => {
  const { log, offer } = scene();
  for (let sequence = 0; sequence < 40; sequence++) offer(sequence);
  vi.advanceTimersByTime(0);
  offer(40);
  vi.advanceTimersByTime(4);
  offer(41);
  expect(log.groups).toEqual([40]);
  vi.advanceTimersByTime(1);
  expect(log.groups).toEqual([40, 2]);
});

test('what comes right after a commit of few does not wait: its sender may have a small window', () => {
  const { log, verdicts, offer } = scene();
  offer(0);
  vi.advanceTimersByTime(0);
  offer(1);
  vi.advanceTimersByTime(0);
  expect(log.groups).toEqual([1, 1]);
  expect(verdicts).toEqual([0, 1]);
});

test('a full group does not wait, and the rest follows in order', () => {
  const { log, verdicts, offer } = scene({ groupMax: 3 });
  for (let sequence = 0; sequence < 7; sequence++) offer(sequence);
  vi.runAllTimers();
  expect(log.groups).toEqual([3, 3, 1]);
  expect(verdicts).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('no more than the bound may wait, by number and by size', () => {
  for (const bound of [{ pendingMax: 3 }, { pendingBytesMax: 3 * reading(0).payload.length }]) {
    const { intake, offer } = scene(bound);
    expect([offer(0), offer(1), offer(2)]).toEqual([true, true, false]);
    const resume = vi.fn();
    intake.whenRoom(resume);
    expect(resume).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(resume).toHaveBeenCalledTimes(1);
    expect(intake.pending).toBe(0);
  }
});

test('while the disk refuses nothing is acknowledged, it is said once, and all is stored when it takes again', () => {
  const { log, reports, verdicts, intake, offer } = scene();
  log.disk.full = true;
  offer(0);
  vi.advanceTimersByTime(10_000);
  offer(1);
  vi.advanceTimersByTime(10_000);
  expect(verdicts).toEqual([]);
  expect(reports).toEqual([expect.stringContaining('database or disk is full')]);
  expect(intake.problem()).toContain('full');
  log.disk.full = false;
  vi.advanceTimersByTime(1_000);
  expect(verdicts).toEqual([0, 1]);
  expect(reports).toHaveLength(2);
  expect(intake.problem()).toBeUndefined();
});

test('while the disk refuses it is not asked more often than once a second, however much comes', () => {
  const { log, offer } = scene({ groupMax: 3 });
  let attempts = 0;
  const { append } = log;
  log.append = (messages) => {
    attempts++;
    return append(messages);
  };
  log.disk.full = true;
  for (let sequence = 0; sequence < 9; sequence++) {
    offer(sequence);
    vi.advanceTimersByTime(300);
  }
  expect(attempts).toBe(3);
});

test('an error that is not of the disk is a bug, and is not swallowed', () => {
  const { log, offer } = scene();
  log.disk.full = true;
  log.disk.error = Object.assign(new TypeError('undefined is not a function'), { errcode: 1 });
  offer(0);
  expect(() => vi.runAllTimers()).toThrow(TypeError);
});

test('closing commits what waits and takes nothing more', () => {
  const { verdicts, intake, offer } = scene();
  offer(0);
  offer(1);
  intake.close();
  expect(verdicts).toEqual([0, 1]);
  expect(offer(2)).toBe(false);
  vi.runAllTimers();
  expect(verdicts).toEqual([0, 1]);
});

test('closing on a full disk ends too, and acknowledges nothing', () => {
  const { log, verdicts, intake, offer } = scene();
  log.disk.full = true;
  offer(0);
  intake.close();
  vi.runAllTimers();
  expect(verdicts).toEqual([]);
});

test('a witness sees each message with its verdict and how long it waited, before its sender hears of the same', async () => {
  const seen: unknown[] = [];
  const verdicts: Verdict[] = [stored, { is: 'duplicate' }];
  let nowMs = 1_000;
  const intake = createIntake({
    log: { append: () => verdicts },
    report: () => undefined,
    uptimeMs: () => nowMs,
    witness: (message, verdict, waitedMs) => seen.push([message, verdict.is, waitedMs]),
  });
  const [first, second] = [reading(0), reading(1)];
  intake.offer(first, (verdict, message) => seen.push([message, verdict.is]));
  await Promise.resolve();
  nowMs += 3;
  intake.offer(second, (verdict, message) => seen.push([message, verdict.is]));
  nowMs += 4;
  vi.advanceTimersByTime(0);
  expect(seen).toEqual([
    [first, 'stored', 7],
    [first, 'stored'],
    [second, 'duplicate', 4],
    [second, 'duplicate'],
  ]);
});
