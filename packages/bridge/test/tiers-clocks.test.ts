// The whole way: messages as they arrive, the log, the tiers that follow it, and a sink that follows both.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRaw } from '../src/log/raw.ts';
import type { Message, StoredReading } from '../src/message.ts';
import { readingFeed } from '../src/sinks/feeds.ts';
import { readingPoints } from '../src/sinks/point.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { createTiers, type Tiers } from '../src/tiers/tiers.ts';
import { noon, reading, scratchLog } from './scratch-log.ts';
import { batchOf } from './tiers-batch.ts';
import { days, follow, forEver, options } from './tiers-site.ts';

const dayMs = 86_400_000;
const receivedMs = noon + 10 * dayMs;
const topic = 'victron/smartsolar/roof';

/** A reading of one of three starts of an agent's machine. The clock of the third is never set. */
const made = fc.uniqueArray(
  fc.record({
    boot: fc.integer({ min: 0, max: 2 }),
    second: fc.integer({ min: 0, max: 400 }).map((n) => n * 30),
    isSet: fc.boolean(),
    /** Off by as much where the clock is not set. */
    offMs: fc.integer({ min: -3 * dayMs, max: 3 * dayMs }),
    values: fc.record({
      battery_voltage: fc.integer({ min: 1_000, max: 1_500 }).map((hundredths) => hundredths / 100),
      pv_energy_today: fc.integer({ min: 0, max: 9 }).map((tens) => tens * 10),
      charge_state: fc.constantFrom('off', 'bulk', 'float'),
    }),
  }),
  { selector: ({ boot, second }) => `${boot} ${second}`, minLength: 1, maxLength: 30 },
);
type Made = typeof made extends fc.Arbitrary<(infer One)[]> ? One : never;

const bootedMs = (boot: number): number => noon + boot * dayMs;
const trueMs = ({ boot, second }: Made): number => bootedMs(boot) + second * 1_000;
const isSynced = ({ boot, isSet }: Made): boolean => isSet && boot < 2;
const sentMs = (one: Made): number => (isSynced(one) ? trueMs(one) : trueMs(one) + one.offMs);

function messageOf(one: Made, index: number, isForged: boolean): Message {
  const meta = {
    _timestamp: sentMs(one),
    _clock: isSynced(one) ? 'synced' : 'unsynced',
    _boot: `boot-${one.boot}`,
    _uptime_ms: one.second * 1_000,
  };
  const values = { pv_power: undefined, ...one.values, ...(isForged ? { battery_voltage: 99 } : {}) };
  return reading(index, { topic, values, meta, receivedMs });
}

const arrival = made.chain((all) => {
  const again = fc.array(fc.nat(all.length - 1), { maxLength: 12 });
  return again.chain((repeated) =>
    fc.record({
      all: fc.constant(all),
      order: fc.shuffledSubarray([...all.keys(), ...repeated], { minLength: all.length + repeated.length }),
      forged: fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }),
      actions: fc.array(fc.constantFrom('settle', 'flush', 'restart', 'step', 'nothing'), {
        minLength: 50,
        maxLength: 50,
      }),
    }),
  );
});

test('any arrival, with clocks that are wrong, repeats and conflicts, is in log, tiers and sink once at its time', () => {
  fc.assert(
    fc.property(arrival, ({ all, order, forged, actions }) => {
      const scratch = scratchLog({ rawMs: 30 * dayMs }, [tierSchema]);
      const sink = follow();
      let nowMs = receivedMs;
      const open = (): Tiers => {
        const { store, log } = scratch;
        const times = { days, rawMs: 30 * dayMs, now: () => nowMs, clockSynced: () => true };
        return createTiers({ store, log, tiers: forEver, ...times, report: () => undefined });
      };
      const settle = (): void => {
        while (scratch.log.settle(nowMs));
      };
      let tiers = open();
      const first = new Map<number, boolean>();
      order.forEach((index, at) => {
        const isForged = forged[at] ?? false;
        if (!first.has(index)) first.set(index, isForged);
        scratch.log.append([messageOf(all[index] as Made, index, isForged)]);
        const then = actions[at];
        if (then === 'settle') settle();
        else if (then === 'flush') tiers.flush();
        else if (then === 'step') tiers.step();
        else if (then === 'restart') {
          scratch.restart();
          tiers = open();
        }
        sink.take(tiers);
      });
      settle();
      nowMs += dayMs;
      settle();
      tiers.flush();
      sink.take(tiers);

      const syncedBoots = new Set(all.filter(isSynced).map(({ boot }) => boot));
      const expected = all.map((one, index): StoredReading => {
        const { values } = one;
        const timeMs = syncedBoots.has(one.boot) ? trueMs(one) : sentMs(one);
        const stored = first.get(index) ? { ...values, battery_voltage: 99 } : values;
        const series = { topic, agent: 'barn' };
        const rest = { receivedMs, clock: 'synced', kind: 'solar_charger' } as const;
        return { position: index, series, timeMs, values: stored, ...rest };
      });
      const shown = (readings: Iterable<StoredReading>) =>
        [...readings].map(({ timeMs, values }) => `${timeMs} ${JSON.stringify(values)}`).sort();
      const { database } = scratch.store;
      const raw = shown(readRaw(database, { series: 1, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }));
      const feed = readingFeed(scratch.log, readingPoints).read(0, 1_000);
      const written = feed.flatMap(({ points }) => points.map(({ timeMs }) => timeMs)).sort();
      const accounts = scratch.log.accounts();
      scratch.remove();
      expect(raw).toEqual(shown(expected));
      expect(written).toEqual(expected.map(({ timeMs }) => timeMs).sort());
      expect(sink.written).toEqual(batchOf(expected, options));
      expect(accounts.stored).toBe(all.length);
    }),
    { numRuns: 40 },
  );
}, 30_000);
