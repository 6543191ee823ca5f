// A bridge without broker and page: log, tiers and one sink that keeps points in memory, goes away, and dies at a chosen
// step with the whole program.

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { DeviceChange } from '../src/keeping/device-change.ts';
import { openPast } from '../src/keeping/remake.ts';
import { runChange } from '../src/keeping/run-change.ts';
import { alarmSchema } from '../src/live/alarm-history.ts';
import type { SeriesKey } from '../src/message.ts';
import { startDelivery } from '../src/sinks/delivery.ts';
import { readingFeed, windowFeed } from '../src/sinks/feeds.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import { readingPoints, windowPoints } from '../src/sinks/point.ts';
import type { Point, Removal, Sink } from '../src/sinks/sink.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { createTiers } from '../src/tiers/tiers.ts';
import { windowsOfTiers } from '../src/tiers/windows.ts';
import { noon, reading, scratchLog } from './scratch-log.ts';

/** `name`: or a whole topic. */
export const key = (name: string): SeriesKey => ({
  topic: name.includes('/') ? name : `victron/smartsolar/${name}`,
  agent: 'barn',
});
export const rename = (from: string, into: string): DeviceChange => ({
  ...{ is: 'rename', from: key(from), into: key(into) },
});
const merge = (from: string, into: string): DeviceChange => ({
  ...{ is: 'merge', from: key(from), into: key(into) },
});
export const remove = (from: string): DeviceChange => ({ is: 'delete', from: key(from) });

const quiet = (_step: number, _is: 'before' | 'after', _what: 'write' | 'remove'): void => undefined;
type Points = Map<string, Point['fields']>;

const put = (points: Points, { tier, measurement, tags, timeMs, fields }: Point): void => {
  const place = JSON.stringify([tier, measurement, Object.entries(tags).toSorted(), timeMs]);
  points.set(place, { ...points.get(place), ...fields });
};

/**
 * Keeps points as a database does, `turns` of the event loop after it was asked. `at` is asked before each step and after it, and throws where the program dies or the
 * database is away: then the step was not done, or was and nobody heard of it.
 */
export function memoryDatabase() {
  const points: Points = new Map();
  const database = { points, steps: 0, turns: 1, at: quiet };
  const step = async (what: 'write' | 'remove', work: () => void): Promise<void> => {
    const { turns } = database;
    const count = database.steps++;
    database.at(count, 'before', what);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    work();
    database.at(count, 'after', what);
  };
  const removeFrom = ({ tier, tags, fromMs, toMs = Number.POSITIVE_INFINITY }: Removal): void => {
    // A database takes no time that is none.
    new Date(fromMs).toISOString();
    for (const place of points.keys()) {
      const [ofTier, , ofTags, timeMs] = JSON.parse(place);
      const isOf = ofTier === tier && isDeepStrictEqual(ofTags, Object.entries(tags).toSorted());
      if (isOf && timeMs >= fromMs && timeMs < toMs) points.delete(place);
    }
  };
  const sink: Sink = {
    write: (written) =>
      step('write', () => {
        for (const point of written) put(points, point);
      }),
    remove: async (removals) => {
      for (const removal of removals) await step('remove', () => removeFrom(removal));
    },
    mergesFields: true,
    plan: () => Promise.reject(new Error('not asked')),
    close: async () => {},
  };
  return Object.assign(database, { sink });
}

/** Long after the readings: every window of theirs is closed. */
const nowMs = noon + 3_600_000;

export function remakeRig(first: Sink) {
  let sink = first;
  const scratch = scratchLog({}, [tierSchema, sinkSchema, alarmSchema]);
  const days = createLocalDays('UTC');
  const kept = [{ every: 120, keepMs: null }];
  const clock = () => nowMs;
  const reports: string[] = [];
  const open = () => {
    const { store, log } = scratch;
    const report = (text: string) => void reports.push(text);
    const common = { clockSynced: () => true, report };
    const windows = createTiers({ store, log, days, rawMs: 1e12, tiers: kept, now: clock, ...common });
    const delivery = startDelivery({
      ...{ name: 'memory', type: 'influxdb2', sink, store, clock, ...common, random: () => 0 },
      readings: readingFeed(log, readingPoints),
      readingsHeldMs: 1e12,
      windows: windowFeed(windows, windowPoints),
      past: openPast(store.database),
      positions: () => ({ readings: 0, windows: 0 }),
      sleep: () => new Promise(setImmediate),
    });
    return { windows, delivery };
  };
  let { windows, delivery } = open();
  let sequence = 0;
  const rig = {
    /** So many readings of a device. */
    add: (name: string, count: number): void => {
      const { topic } = key(name);
      scratch.log.append(Array.from({ length: count }, () => reading(sequence++, { topic })));
      windows.flush();
      delivery.wake();
    },
    change: (change: DeviceChange): Promise<readonly string[]> => {
      const { store, log } = scratch;
      const tierWindows = windowsOfTiers(kept, days);
      return runChange({ store, log, tiers: windows, tierWindows, sinks: [delivery] }, change, false);
    },
    view: () => delivery.view(),
    reports,
    /** So many changes wait. */
    note: (count: number): void => {
      const one = { from: key('gone'), reaches: [], endMs: 0 };
      scratch.store.transaction(() => delivery.note(Array.from({ length: count }, () => one)));
    },
    /** The time of all that is in the log is over. */
    forget: (): void => void scratch.log.expire(noon + 1e12),
    /** Resolves when the sink has everything. */
    settled: async (): Promise<void> => {
      windows.flush();
      delivery.wake();
      await expect
        .poll(
          () => {
            windows.flush();
            delivery.wake();
            const { readings, windows: ofTiers, changes } = delivery.view();
            return [readings.pending, ofTiers.pending, changes?.waiting];
          },
          { interval: 1, timeout: 10_000 },
        )
        .toEqual([0, 0, 0]);
    },
    restart: async (next = sink): Promise<void> => {
      sink = next;
      await delivery.stop();
      scratch.restart();
      ({ windows, delivery } = open());
    },
    /** What a sink would have that is filled from the store now. */
    stored: (): Points => {
      const points: Points = new Map();
      const readings = scratch.log.read(0, 1e6).filter(({ waits }) => !waits);
      for (const each of readings) for (const point of readingPoints(each)) put(points, point);
      for (const each of windows.changedSince(0, 1e6))
        for (const point of windowPoints(each)) put(points, point);
      return points;
    },
    /** Gives the readings of the store to another sink. */
    refill: (other: Sink): Promise<void> =>
      other.write(scratch.log.read(0, 1e6).flatMap((each) => readingPoints(each))),
    close: async (): Promise<void> => {
      await delivery.stop();
      scratch.remove();
    },
  };
  return rig;
}

type Rig = ReturnType<typeof remakeRig>;
export type Act = (rig: Rig) => Promise<unknown>;

const change =
  (...words: Parameters<Rig['change']>): Act =>
  (rig) =>
    rig.change(...words);
const come =
  (name: string): Act =>
  async (rig) =>
    rig.add(name, 2);

/** Beginning with readings of `old` and of `shed`. */
export const scenes: { readonly [name: string]: readonly Act[] } = {
  'two names in a row': [come('old'), change(rename('old', 'roof')), change(rename('roof', 'hut'))],
  'a name and back': [change(rename('old', 'roof')), come('old'), change(rename('roof', 'old'))],
  'a name that a new device gets': [
    change(rename('old', 'roof')),
    change(remove('roof')),
    come('old'),
    come('roof'),
  ],
  'one of two, and another of that name': [
    change(merge('old', 'shed')),
    come('old'),
    change(remove('shed')),
    come('old'),
  ],
  'gone and new': [change(remove('old')), come('old'), change(rename('old', 'shed2'))],
};
