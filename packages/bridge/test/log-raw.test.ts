import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRaw } from '../src/log/raw.ts';
import type { Message } from '../src/message.ts';
import { openReader } from '../src/store.ts';
import { noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog();
});
afterEach(() => scratch.remove());

const hour = 3_600_000;

function at(sequence: number, timeMs: number, topic = 'victron/a/one'): Message {
  return reading(sequence, {
    topic,
    meta: { _timestamp: timeMs, _uptime_ms: undefined },
    receivedMs: noon + 1000 * hour,
  });
}

function timesOf(topic: string, fromMs: number, toMs: number): number[] {
  const series = scratch.log.series().find(({ key }) => key.topic === topic)?.id ?? 0;
  const reader = openReader(scratch.store.file);
  const times = [...readRaw(reader, { series, fromMs, toMs })].map(({ timeMs }) => timeMs);
  reader.close();
  return times;
}

test('readings of one series come in order of time, however they arrived, the end not included', () => {
  scratch.log.append([at(0, noon + 5), at(1, noon + 1), at(2, noon, 'victron/a/two')]);
  scratch.log.append([at(3, noon + 3), at(4, noon + 10), at(5, noon + 5)]);
  expect(timesOf('victron/a/one', noon + 1, noon + 10)).toEqual([noon + 1, noon + 3, noon + 5, noon + 5]);
});

test('they are the readings that the log reads', () => {
  scratch.log.append([at(0, noon), at(1, noon + 1)]);
  const reader = openReader(scratch.store.file);
  expect([...readRaw(reader, { series: 1, fromMs: 0, toMs: noon + 1000 })]).toEqual(scratch.log.read(0, 10));
  reader.close();
});

test('a series that is not known has none', () => {
  expect(timesOf('victron/a/none', 0, noon)).toEqual([]);
});

test('groups of a backlog that span days are found for any range', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 5 }), { maxLength: 12 }),
      fc.integer({ min: -1, max: 201 }),
      fc.integer({ min: 0, max: 201 }),
      (groups, from, length) => {
        const one = scratchLog();
        const times = groups.map((group) => group.map((hours) => noon + hours * hour));
        let sequence = 0;
        for (const group of times) {
          one.log.append(
            group.map((timeMs, index) =>
              at(sequence++, timeMs, `victron/a/${index % 2 === 0 ? 'one' : 'two'}`),
            ),
          );
        }
        const before = scratch;
        scratch = one;
        const [fromMs, toMs] = [noon + from * hour, noon + (from + length) * hour];
        const found = timesOf('victron/a/one', fromMs, toMs);
        scratch = before;
        one.remove();
        const expected = times
          .flatMap((group) => group.filter((_, index) => index % 2 === 0))
          .filter((timeMs) => timeMs >= fromMs && timeMs < toMs)
          .sort((a, b) => a - b);
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

test('what expires while it is read is left out, and nothing else', () => {
  for (let i = 0; i < 10; i++) scratch.log.append([at(i, noon + i)]);
  const reader = openReader(scratch.store.file);
  const readings = readRaw(reader, { series: 1, fromMs: 0, toMs: noon + 1000 });
  expect(readings.next().value?.timeMs).toBe(noon);
  scratch.restart({ rawMs: 1 });
  scratch.log.expire(noon + 10_000 * hour);
  expect([...readings]).toEqual([]);
  reader.close();
});
