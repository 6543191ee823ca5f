import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierName } from '../src/tiers/tier.ts';
import { cellLengthMs, createWindows, windowsOfTiers } from '../src/tiers/windows.ts';

const hourMs = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe('local days', () => {
  test.each([
    // The night of 29 March 2026 loses an hour, that of 25 October has one twice.
    ['2026-03-28', '2026-03-27T23:00:00Z', 24],
    ['2026-03-29', '2026-03-28T23:00:00Z', 23],
    ['2026-03-30', '2026-03-29T22:00:00Z', 24],
    ['2026-10-24', '2026-10-23T22:00:00Z', 24],
    ['2026-10-25', '2026-10-24T22:00:00Z', 25],
    ['2026-10-26', '2026-10-25T23:00:00Z', 24],
  ])('%s in Rome begins at %s and has %i hours', (date, start, hours) => {
    const days = createLocalDays('Europe/Rome');
    const startMs = at(start);
    expect(days.range(date)).toEqual({ startMs, endMs: startMs + hours * hourMs });
    for (const timeMs of [startMs, startMs + 12 * hourMs, startMs + hours * hourMs - 1]) {
      expect([days.start(timeMs), days.end(timeMs), days.date(timeMs)]).toEqual([
        startMs,
        startMs + hours * hourMs,
        date,
      ]);
    }
  });

  test('a day whose midnight does not exist begins when the clock has jumped over it', () => {
    const days = createLocalDays('America/Sao_Paulo');
    expect(days.range('2018-11-04')?.startMs).toBe(at('2018-11-04T03:00:00Z'));
    expect(days.date(at('2018-11-04T02:59:59.999Z'))).toBe('2018-11-03');
  });

  test('a date that a zone skipped has no length and no time belongs to it', () => {
    const days = createLocalDays('Pacific/Apia');
    const midnight = at('2011-12-30T10:00:00Z');
    expect(days.range('2011-12-30')).toEqual({ startMs: midnight, endMs: midnight });
    expect(days.date(midnight)).toBe('2011-12-31');
    expect(days.end(midnight - 1)).toBe(midnight);
  });

  test.each(['2026-02-29', '2026-13-01', 'yesterday', ''])('"%s" is no date', (text) => {
    expect(createLocalDays('Europe/Rome').range(text)).toBeUndefined();
  });
});

const zones = ['UTC', 'Europe/Rome', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu', 'Africa/Cairo'];
const anyTime = fc.integer({ min: 0, max: at('2099-12-31T00:00:00Z') });

test.each(zones)('windows of every tier cover all time of %s without gap or overlap', (zone) => {
  const days = createLocalDays(zone);
  fc.assert(
    fc.property(anyTime, fc.constantFrom(120, 300, 1_800, 7_200, 'day' as const), (timeMs, every) => {
      const windows = createWindows(every, days);
      const start = windows.start(timeMs);
      const end = windows.end(timeMs);
      expect(start).toBeLessThanOrEqual(timeMs);
      expect(end).toBeGreaterThan(timeMs);
      expect([windows.start(start), windows.start(end - 1), windows.start(end)]).toEqual([start, start, end]);
      if (typeof every === 'number')
        expect([start % (every * 1_000), end - start]).toEqual([0, every * 1_000]);
    }),
    { numRuns: 300 },
  );
});

test('a day edge does not depend on what was asked before', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.array(anyTime, { maxLength: 5 }),
      anyTime,
      (zone, earlier, timeMs) => {
        const asked = createLocalDays(zone);
        for (const other of earlier) asked.end(other);
        const fresh = createLocalDays(zone);
        expect([asked.start(timeMs), asked.end(timeMs)]).toEqual([fresh.start(timeMs), fresh.end(timeMs)]);
      },
    ),
    { numRuns: 50 },
  );
});

test.each([
  // The edges of all days are at quarters of an hour, and no span is longer than a minute.
  [[120, 300, 1_800, 7_200, 'day' as const], 60],
  [['day' as const], 60],
  [[90], 30],
  [[120, 45, 'day' as const], 15],
  [[7, 120], 1],
])('of the tiers %j each span of %i s lies in one window', (tiers, seconds) => {
  expect(cellLengthMs(tiers)).toBe(seconds * 1_000);
});

test('tiers come with the finest first, in whatever order they are configured', () => {
  const tiers = (['day', 300, 7_200, 120] as const).map((every) => ({ every, keepMs: null }));
  const sorted = windowsOfTiers(tiers, createLocalDays('UTC'));
  expect(sorted.map(({ every }) => every)).toEqual([120, 300, 7_200, 'day']);
});

test('tiers are named as they are configured', () => {
  expect([120, 300, 1_800, 7_200, 'day' as const, 90].map(tierName)).toEqual([
    '2m',
    '5m',
    '30m',
    '2h',
    '1d',
    '90s',
  ]);
});
