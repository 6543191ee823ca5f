// A backlog that came in one piece, by a clock that was not set: how long its boot is waited for, and what ends it.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../src/message.ts';
import { readingFeed } from '../src/sinks/feeds.ts';
import { readingPoints } from '../src/sinks/point.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { createTiers, type Tiers } from '../src/tiers/tiers.ts';
import { noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';
import { batchOf } from './tiers-batch.ts';
import { days, follow, forEver, options } from './tiers-site.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const rawMs = 30 * 24 * hourMs;
/** When the machine of the agent was booted. */
const bootedMs = noon - 9 * hourMs;
const topic = 'victron/smartsolar/roof';

interface Sent {
  readonly atMs?: number;
  readonly offMs?: number;
  readonly boot?: string;
  readonly isSet?: boolean;
}

const valuesOf = (minutes: number) => ({
  battery_voltage: minutes / 100,
  pv_energy_today: (minutes * 7) % 100,
});

/** Measured so many minutes after the boot. */
const measured = (
  minutes: number,
  { atMs = noon, offMs = -3 * hourMs, boot = 'boot-1', isSet = false }: Sent = {},
) =>
  reading(minutes, {
    topic,
    values: { pv_power: undefined, ...valuesOf(minutes) },
    receivedMs: atMs,
    meta: {
      _clock: isSet ? 'synced' : 'unsynced',
      _timestamp: bootedMs + minutes * minuteMs + (isSet ? 0 : offMs),
      _uptime_ms: minutes * minuteMs,
      _boot: boot,
      _stream: boot,
    },
  });

describe('a backlog in one piece', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = scratchLog({ rawMs });
  });
  afterEach(() => {
    expect(sumOfVerdicts(scratch)).toBe(scratch.log.accounts().received);
    scratch.remove();
  });
  const append = (...messages: Message[]) => scratch.log.append(messages).map(({ is }) => is);
  const settle = (nowMs: number) => {
    while (scratch.log.settle(nowMs));
  };
  /** Minutes after the boot, as followers of the log get them. */
  const taken = () =>
    scratch.log
      .read(0, 1_000)
      .filter(({ waits }) => waits === undefined)
      .map(({ timeMs }) => (timeMs - bootedMs) / minuteMs);
  const isBound = () => scratch.log.accounts().bounds;

  test('is at its time when its boot is seen with a clock that was set a day later, almost', () => {
    append(measured(0), measured(100), measured(200));
    settle(noon + 11 * minuteMs);
    settle(noon + 23 * hourMs);
    expect(taken()).toEqual([]);
    append(measured(32 * 60, { atMs: noon + 23 * hourMs, isSet: true }));
    settle(noon + 23 * hourMs);
    expect(taken().sort((a, b) => a - b)).toEqual([0, 100, 200, 32 * 60]);
    expect(scratch.log.accounts()).toMatchObject({ stored: 4, moved: 3, bounds: {} });
    expect(append(measured(100))).toEqual(['duplicate']);
  });

  test('is waited for a day at most: then it is placed as it can be, once, counted and said', () => {
    append(measured(0), measured(100));
    settle(noon + 24 * hourMs - 1);
    expect(isBound()).toEqual({});
    scratch.restart();
    settle(noon + 24 * hourMs);
    expect(taken()).toEqual([-180, -80]);
    expect(isBound()).toEqual({ boot_never_set: 2 });
    expect(scratch.reports).toEqual([expect.stringMatching(/^barn: readings that came at 2026-06-01T12:00/)]);
    append(measured(40 * 60, { atMs: noon + 31 * hourMs, isSet: true }));
    settle(noon + 31 * hourMs);
    expect(taken()).toEqual([-180, -80, 40 * 60]);
  });

  test('is at its time, too, when the rest of its boot comes within ten minutes of the word of the next one', () => {
    append(measured(0), measured(100));
    settle(noon + 5 * hourMs);
    append(measured(14 * 60, { atMs: noon + 5 * hourMs, boot: 'boot-2', isSet: true }));
    settle(noon + 5 * hourMs + 9 * minuteMs);
    expect(taken()).toEqual([14 * 60]);
    // The rest of the boot comes behind the newest reading, and with it a clock that was set.
    append(measured(150, { atMs: noon + 5 * hourMs + minuteMs, isSet: true }));
    settle(noon + 5 * hourMs + 9 * minuteMs);
    expect(taken().sort((a, b) => a - b)).toEqual([0, 100, 150, 14 * 60]);
  });

  test('of a boot that is over is placed as it can be ten minutes after that is known', () => {
    append(measured(0), measured(100), measured(9 * 60, { boot: 'boot-2', isSet: true }));
    append(measured(9 * 60, { boot: 'boot-7', isSet: true }));
    settle(noon + 9 * minuteMs);
    expect(taken()).toEqual([540, 540]);
    settle(noon + 10 * minuteMs);
    expect(taken()).toEqual([540, 540, -180, -80]);
    expect(isBound()).toEqual({});
  });

  test('is not waited for when one of its readings came at the time it was sent with', () => {
    append(measured(0, { offMs: 0 }), measured(539, { offMs: 0 }), measured(540, { offMs: -9_000 }));
    settle(noon + 9 * minuteMs);
    expect(taken()).toEqual([]);
    settle(noon + 10 * minuteMs);
    expect(taken()).toEqual([0, 539, 540 - 0.15]);
  });

  test('is placed before it leaves the log by its age', () => {
    scratch.restart({ rawMs: 4 * hourMs });
    append(measured(0));
    settle(noon + 2 * hourMs - 1);
    expect(taken()).toEqual([]);
    settle(noon + 2 * hourMs);
    expect(taken()).toEqual([-180]);
  });

  test('is placed when it is in the older half of a log from which the oldest go', () => {
    const others = (from: number, receivedMs: number) => {
      const message = (n: number) =>
        reading(from + n, { receivedMs, meta: { _agent: 'hut', _timestamp: receivedMs } });
      append(...Array.from({ length: 40 }, (_, n) => message(n)));
    };
    const nowMs = noon + hourMs;
    others(0, noon - rawMs - 1);
    others(40, noon);
    append(measured(0));
    others(80, noon);
    settle(nowMs);
    expect(taken()).not.toContain(-180);
    while (scratch.log.expire(noon) > 0);
    settle(nowMs);
    expect(taken()).not.toContain(-180);
    others(120, noon);
    settle(nowMs);
    expect(taken()).toContain(-180);
    expect(isBound()).toEqual({ boot_never_set: 1 });
  });
});

const backlog = fc
  .uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 20 })
  .chain((minutes) =>
    fc.record({
      minutes: fc.constant(minutes),
      again: fc.shuffledSubarray(minutes),
      /** Of a clock that began with 1970, was stopped for days, or is ahead. */
      offMs: fc.constantFrom(-bootedMs, -50 * hourMs, 20 * minuteMs, 900 * hourMs),
      hours: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 }),
      restarts: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    }),
  );

test('a backlog whose boot synchronises hours later is in log, tiers and sink once, at its time', () => {
  fc.assert(
    fc.property(backlog, ({ minutes, again, offMs, hours, restarts }) => {
      const scratch = scratchLog({ rawMs }, [tierSchema]);
      const sink = follow();
      let nowMs = noon;
      const open = (): Tiers => {
        const { store, log } = scratch;
        const times = { days, rawMs, now: () => nowMs, clockSynced: () => true };
        return createTiers({ store, log, tiers: forEver, ...times, report: () => undefined });
      };
      let tiers = open();
      const pass = (): void => {
        while (scratch.log.settle(nowMs));
        tiers.flush();
        sink.take(tiers);
      };
      scratch.log.append(minutes.map((minute) => measured(minute, { offMs })));
      for (const [index, more] of hours.entries()) {
        nowMs += more * hourMs;
        if (restarts[index]) {
          scratch.restart();
          tiers = open();
        }
        pass();
      }
      const synced = (nowMs - bootedMs) / minuteMs;
      scratch.log.append(again.map((minute) => measured(minute, { offMs, atMs: nowMs })));
      scratch.log.append([measured(synced, { atMs: nowMs, isSet: true })]);
      pass();
      nowMs += 48 * hourMs;
      pass();

      const all = [...minutes, synced];
      const expected = all.map((minute, position) => ({
        ...{ position, series: { topic, agent: 'barn' }, receivedMs: noon, clock: 'synced' as const },
        ...{
          kind: 'solar_charger' as const,
          timeMs: bootedMs + minute * minuteMs,
          values: valuesOf(minute),
        },
      }));
      const feed = readingFeed(scratch.log, readingPoints).read(0, 1_000);
      const written = feed.flatMap(({ points }) => points.map(({ timeMs }) => timeMs)).sort();
      const accounts = scratch.log.accounts();
      scratch.remove();
      expect(written).toEqual(expected.map(({ timeMs }) => timeMs).sort());
      expect(sink.written).toEqual(batchOf(expected, options));
      expect(accounts).toMatchObject({ stored: all.length, moved: minutes.length, duplicate: again.length });
    }),
    { numRuns: 30 },
  );
}, 30_000);
