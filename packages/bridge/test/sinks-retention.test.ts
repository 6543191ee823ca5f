import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInfluxDb1Sink } from '../src/sinks/influxdb1.ts';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import type { RetentionMemory, TierRetention } from '../src/sinks/retention.ts';
import { openRetentionMemory, readRetentionMemory } from '../src/sinks/retention-memory.ts';
import type { Sink } from '../src/sinks/sink.ts';
import { influxd } from './influxd.ts';
import { type Influx1, influxd1, startInfluxd1 } from './influxd1.ts';
import { dayMs, influxScene, nowMs, pointOf } from './influxdb2-rig.ts';
import { scratchStore } from './scratch-store.ts';
import { noMemory } from './sinks-rig.ts';

const scene = influxScene();
let influx1: Influx1;
beforeAll(async () => {
  if (influxd1) influx1 = await startInfluxd1(influxd1);
});
afterAll(() => influx1?.end());

interface Store {
  readonly is: string;
  readonly isMissing: boolean;
  open(
    name: string,
    tiers: readonly TierRetention[],
    memory: RetentionMemory,
    report?: (text: string) => void,
  ): Sink;
  /** Seconds by tier; 0: for ever. */
  kept(name: string): Promise<{ readonly [tier: string]: number }>;
  setByHand(name: string, seconds: number): Promise<unknown>;
}

const stores: readonly Store[] = [
  {
    is: 'InfluxDB 2',
    isMissing: influxd === undefined,
    open: (bucket, tiers, memory, report = () => {}) =>
      createInfluxDb2Sink(scene.optionsOf(bucket, { tiers, memory, report })),
    kept: async (name) =>
      Object.fromEntries(
        Object.entries(await scene.influx.retentions()).flatMap(([bucket, seconds = 0]) =>
          bucket === name
            ? [['raw', seconds]]
            : bucket.startsWith(`${name}_`)
              ? [[bucket.slice(name.length + 1), seconds]]
              : [],
        ),
      ),
    setByHand: (name, seconds) => scene.setRetention(name, seconds),
  },
  {
    is: 'InfluxDB 1',
    isMissing: influxd1 === undefined,
    open: (database, tiers, memory, report = () => {}) =>
      createInfluxDb1Sink({
        ...{ url: influx1.url, database, tiers, memory, report },
        createsMissing: true,
        clock: Date.now,
      }),
    kept: async (name) =>
      Object.fromEntries(
        Object.entries(await influx1.policies(name)).map(([tier, text]) => {
          const [, hours = 0] = /^(\d+)h/.exec(String(text)) ?? [];
          return [tier, Number(hours) * 3_600];
        }),
      ),
    setByHand: (name, seconds) =>
      influx1.query(`ALTER RETENTION POLICY "raw" ON "${name}" DURATION ${seconds}s`),
  },
];

const days = (raw: number, more: { [tier: string]: number | null } = {}): TierRetention[] => [
  { tier: 'raw', keepMs: raw * dayMs },
  ...Object.entries(more).map(([tier, keep]) => ({ tier, keepMs: keep === null ? null : keep * dayMs })),
];

describe.each(stores)('$is', ({ isMissing, open, kept, setByHand }) => {
  test.skipIf(isMissing)('follows a changed keep, longer and shorter, and says so', async () => {
    const memory = noMemory();
    await open('follows', days(7, { '2m': 400, '1d': null }), memory).prepare?.();
    const reports: string[] = [];
    const later = open('follows', days(14, { '2m': 1, '1d': 30 }), memory, (text) => reports.push(text));
    expect((await later.plan()).changes).toHaveLength(3);
    expect(await kept('follows')).toEqual({ raw: 7 * 86_400, '2m': 400 * 86_400, '1d': 0 });
    await later.prepare?.();
    expect(await kept('follows')).toEqual({ raw: 14 * 86_400, '2m': 86_400, '1d': 30 * 86_400 });
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatch(/^(Bucket follows|Retention policy "follows"\."raw") keeps 14d instead of 7d/);
    expect(await later.plan()).toEqual({ makes: [], changes: [], leaves: [], missing: [] });
    // Holds by what is kept now.
    const eightDaysOld = pointOf(0, { timeMs: nowMs - 8 * dayMs });
    expect(later.holds?.(eightDaysOld, nowMs)).toBe(true);
    await later.write([eightDaysOld]);
  });
  test.skipIf(isMissing)('leaves what somebody else set, and says it once', async () => {
    const memory = noMemory();
    await open('by-hand', days(7), memory).prepare?.();
    await setByHand('by-hand', 30 * 86_400);
    const reports: string[] = [];
    const sink = open('by-hand', days(14), memory, (text) => reports.push(text));
    await sink.prepare?.();
    await sink.prepare?.();
    expect(await kept('by-hand')).toEqual({ raw: 30 * 86_400 });
    expect(reports).toEqual([expect.stringContaining('keeps 30d, the configuration says 14d: it is left')]);
    expect((await sink.plan()).leaves).toHaveLength(1);
  });
  test.skipIf(isMissing)('leaves the place of a tier that is gone, and says so', async () => {
    const memory = noMemory();
    await open('gone', days(7, { '5m': 30 }), memory).prepare?.();
    const reports: string[] = [];
    const sink = open('gone', days(7), memory, (text) => reports.push(text));
    await sink.prepare?.();
    expect(await kept('gone')).toEqual({ raw: 7 * 86_400, '5m': 30 * 86_400 });
    expect(reports).toEqual([expect.stringMatching(/5m"? is left: its tier is not in store\.tiers/)]);
  });
  test.skipIf(isMissing)('holds an hour at least, for it knows nothing shorter', async () => {
    const sink = open('short', [{ tier: 'raw', keepMs: 60_000 }], noMemory());
    await sink.prepare?.();
    expect(await kept('short')).toEqual({ raw: 3_600 });
    expect((await sink.plan()).changes).toEqual([]);
  });
});

test('what was set last outlives the program, and can be asked while it runs', () => {
  const store = scratchStore(sinkSchema);
  const memory = openRetentionMemory(store.database);
  expect(memory.lastSet('a b:raw')).toBeUndefined();
  memory.remember('a b:raw', 5_000);
  memory.remember('a b:1d', null);
  memory.remember('a c:raw', 1);
  for (const each of [openRetentionMemory(store.database), readRetentionMemory(store.file)]) {
    expect(each.lastSet('a b:raw')).toBe(5_000);
    expect(each.lastSet('a b:1d')).toBeNull();
    expect(each.places('a b:')).toEqual(['a b:1d', 'a b:raw']);
  }
});

test('a store that is not there remembers nothing', () => {
  expect(readRetentionMemory('/nowhere/bridge.db').places('')).toEqual([]);
  expect(readRetentionMemory(scratchStore().file).lastSet('a')).toBeUndefined();
});
