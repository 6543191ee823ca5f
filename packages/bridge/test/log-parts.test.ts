import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGroupWriter, decodeGroup, type GroupRecord } from '../src/log/group.ts';
import {
  countMissing,
  countOnlyIn,
  countUpTo,
  covers,
  decodeIntervals,
  encodeIntervals,
  type Intervals,
  includes,
  insert,
  touches,
} from '../src/log/intervals.ts';
import { sqliteErrorCode } from '../src/store.ts';
import { message, noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

describe('intervals', () => {
  const ranges = fc.array(
    fc.record({ from: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 0, max: 5 }) }),
    { maxLength: 20 },
  );
  const build = (list: readonly { from: number; length: number }[]) => {
    const set: Intervals = [];
    const members = new Set<number>();
    for (const { from, length } of list) {
      insert(set, from, from + length);
      for (let number = from; number <= from + length; number++) members.add(number);
    }
    return { set, members };
  };

  test('hold what was inserted and nothing else, ascending, disjoint and joined', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const { set, members } = build(list);
        for (let number = -2; number < 70; number++) {
          expect(includes(set, number)).toBe(members.has(number));
          expect(covers(set, number, number + 1)).toBe(members.has(number) && members.has(number + 1));
          const near = [number - 1, number, number + 1].some((other) => members.has(other));
          expect(touches(set, number)).toBe(near);
        }
        for (let i = 1; i < set.length; i++) {
          const gap = (set[i] as number) - (set[i - 1] as number);
          expect(gap).toBeGreaterThanOrEqual(i % 2 === 0 ? 2 : 0);
        }
        expect(decodeIntervals(encodeIntervals(set))).toEqual(set);
      }),
    );
  });

  test('count what neither of two sets holds, up to the highest of both', () => {
    fc.assert(
      fc.property(ranges, ranges, (one, other) => {
        const a = build(one);
        const b = build(other);
        const all = new Set([...a.members, ...b.members]);
        expect(countMissing(a.set, b.set)).toBe(all.size === 0 ? 0 : Math.max(...all) + 1 - all.size);
      }),
    );
  });
});

describe('two sets', () => {
  const numbers = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 30 });
  const setOf = (members: readonly number[]): Intervals => {
    const set: Intervals = [];
    for (const number of members) insert(set, number, number);
    return set;
  };

  test('are compared number by number', () => {
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const only = one.filter((number) => !other.includes(number)).length;
        expect(countOnlyIn(setOf(one), setOf(other))).toBe(only);
        expect(countUpTo(setOf(one), setOf(other))).toBe(Math.max(-1, ...one, ...other) + 1);
      }),
    );
  });
});

describe('groups', () => {
  const record: fc.Arbitrary<GroupRecord> = fc
    .record({
      series: fc.integer({ min: 1, max: 5 }),
      receivedMs: fc.integer({ min: 0, max: 9_223_372_036_854 }),
      timeMs: fc.integer({ min: 0, max: 9_223_372_036_854 }),
      retained: fc.boolean(),
      placed: fc.boolean(),
      digested: fc.boolean(),
      waits: fc.boolean(),
      stream: fc.integer({ min: 0, max: 3 }),
      sequence: fc.maxSafeNat(),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    })
    .map((one) => ({
      ...one,
      topic: `victron/ä/${one.series}`,
      ...(one.series === 1 ? { device: 'voltronic/axpert/1' } : {}),
      ...(one.series === 2 ? { leftOut: ['ä', 'b'] } : {}),
      sequence: one.stream === 0 ? 0 : one.sequence,
    }));

  test('decode to what was written, with one writer group after group', () => {
    const writer = createGroupWriter();
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        for (const one of records) writer.add(one);
        expect(writer.count).toBe(records.length);
        expect(decodeGroup(writer.take())).toEqual(records);
      }),
    );
  });

  test('with a bit that flipped, or cut short, are an error and never another group', () => {
    const writer = createGroupWriter();
    for (let i = 0; i < 3; i++) {
      const { topic, payload } = reading(i);
      const times = { receivedMs: noon, timeMs: noon + i };
      const marks = { retained: false, placed: false, digested: false, waits: false };
      writer.add({ series: 1, topic, payload, ...times, ...marks, stream: 1, sequence: i });
    }
    const group = writer.take();
    for (let at = 0; at < group.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(group);
        damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
        expect(() => decodeGroup(damaged)).toThrow();
      }
      expect(() => decodeGroup(group.subarray(0, at))).toThrow();
    }
  });
});

describe('bounds and damage', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = scratchLog();
  });
  afterEach(() => scratch.remove());

  test('a damaged group is passed over and said; the others are read, and the log goes on', () => {
    for (let i = 0; i < 3; i++) scratch.log.append([reading(i)]);
    scratch.store.database.exec('UPDATE log_group SET bytes = substr(bytes, 1, 40) WHERE last = 2');
    expect(scratch.log.read(0, 10).map(({ position }) => position)).toEqual([1, 3]);
    expect(scratch.reports.join()).toContain('up to position 2');
    expect(scratch.log.append([reading(1), reading(3)]).map(({ is }) => is)).toEqual(['duplicate', 'stored']);
  });

  test('a stream with every second sequence missing loses and doubles nothing, and stays bounded', () => {
    const sequences = Array.from({ length: 6_000 }, (_, i) => 2 * i);
    const odd = (sequence: number) => reading(sequence, { receivedMs: noon + 1e8 });
    for (let at = 0; at < sequences.length; at += 500) {
      const verdicts = scratch.log.append(sequences.slice(at, at + 500).map(odd));
      expect(new Set(verdicts.map(({ is }) => is))).toEqual(new Set(['stored']));
    }
    scratch.restart();
    const again = scratch.log.append(sequences.map(odd)).map(({ is }) => is);
    expect(new Set(again)).toEqual(new Set(['duplicate']));
    const row = scratch.store.database.prepare('SELECT length(seen) AS bytes FROM log_stream').get();
    expect(Number(row?.['bytes'])).toBeLessThanOrEqual(4_096 * 16);
    expect(scratch.log.accounts().bounds).toEqual({ sequence_by_digest: 6_000 - 4_096 });
  });

  test('a message with more than ten thousand series before it is set aside', () => {
    const topics = Array.from({ length: 10_001 }, (_, i) =>
      message(`victron/a/${i}`, { a: 1, _timestamp: noon }),
    );
    const verdicts = scratch.log.append(topics);
    expect(verdicts.filter(({ is }) => is === 'stored')).toHaveLength(10_000);
    expect(verdicts.at(-1)).toMatchObject({ is: 'aside', reason: 'unknown_shape' });
    expect(scratch.log.series()).toHaveLength(10_000);
  });

  test('what is set aside stays within its bound: the oldest go, the counts stay', () => {
    const large = message('victron/a/b', 'x'.repeat(2_000_000));
    for (let i = 0; i < 80; i++) scratch.log.append([large]);
    const held = scratch.log.asides(1_000);
    expect(held.length).toBeLessThan(65);
    expect(held.length).toBeGreaterThan(55);
    expect(held[0]).toMatchObject({ reason: 'too_big', bytes: 2_000_000 });
    expect(held[0]?.payload.length).toBe(1024 * 1024);
    expect(scratch.log.accounts()).toMatchObject({
      aside: { too_big: 80 },
      bounds: { aside_dropped: 80 - held.length },
    });
  });

  test('a disk that is full refuses with its number, and takes the same group when there is room', () => {
    scratch.log.append([reading(0)]);
    const { database } = scratch.store;
    database.exec('PRAGMA max_page_count = 1');
    const group = Array.from({ length: 500 }, (_, i) =>
      reading(i + 1, { values: { filler: 'x'.repeat(500) } }),
    );
    let code: number | undefined;
    try {
      scratch.log.append(group);
    } catch (error) {
      code = sqliteErrorCode(error);
    }
    expect(code).toBe(13);
    database.exec('PRAGMA max_page_count = 1000000');
    expect(new Set(scratch.log.append(group).map(({ is }) => is))).toEqual(new Set(['stored']));
    expect(scratch.log.accounts()).toMatchObject({ received: 501, stored: 501, missing: [] });
  });

  test('a listener that fails does not undo what is stored', async () => {
    const failures: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => failures.push(error));
    scratch.log.onStored(() => {
      throw new Error('a bug of a listener');
    });
    expect(scratch.log.append([reading(0)])).toEqual([{ is: 'stored' }]);
    await new Promise(setImmediate);
    for (const listener of others) process.on('uncaughtException', listener);
    expect(failures).toEqual([new Error('a bug of a listener')]);
  });
});
