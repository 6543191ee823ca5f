// A store with log and tiers, filled with readings, and the questions to it.

import { onTestFinished } from 'vitest';
import { openHistory } from '../src/queries/history.ts';
import { createQueries } from '../src/queries/queries.ts';
import { openReader } from '../src/store.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { presets } from '../src/tiers/tier.ts';
import { createTiers } from '../src/tiers/tiers.ts';
import { createWindows } from '../src/tiers/windows.ts';
import { reading, scratchLog } from './scratch-log.ts';

export const roof = { topic: 'victron/solar_charger/roof', agent: 'barn' };
export const timeZone = 'Europe/Rome';
export const worker = new URL('../src/queries/worker.ts', import.meta.url);

/** The log lets go of whole groups. */
const groupReadings = 100;

export interface Measured {
  readonly timeMs: number;
  readonly values: object;
  readonly topic?: string;
  readonly meta?: object;
}

/** `rawMs`: how long the log holds readings. */
export function openSite(rawMs = presets.server.rawMs) {
  const scratch = scratchLog({ rawMs }, [tierSchema]);
  const site = { nowMs: 0 };
  const { tiers } = presets.server;
  const days = createLocalDays(timeZone);
  const merged = createTiers({
    store: scratch.store,
    log: scratch.log,
    tiers,
    days,
    rawMs,
    now: () => site.nowMs,
    clockSynced: () => true,
    report: () => {},
  });
  const { file } = scratch.store;
  const reader = openReader(file);
  const queries = createQueries({ file, tiers, timeZone, worker, now: () => site.nowMs });
  onTestFinished(async () => {
    await queries.close();
    reader.close();
    scratch.remove();
  });
  let sequence = 0;
  /** Stores readings a minute after they were measured; what they change in windows waits. */
  const append = (readings: readonly Measured[]): void => {
    site.nowMs = Math.max(site.nowMs, ...readings.map(({ timeMs }) => timeMs + 60_000));
    scratch.log.append(
      readings.map(({ timeMs, values, topic = roof.topic, meta }) =>
        reading(sequence++, {
          topic,
          values: { pv_power: undefined, ...values },
          meta: { _timestamp: timeMs, ...meta },
          receivedMs: timeMs + 60_000,
        }),
      ),
    );
  };
  return Object.assign(site, {
    file,
    queries,
    history: openHistory(
      reader,
      tiers.map(({ every }) => every),
    ),
    tiers: tiers.map((tier) => ({ ...tier, windows: createWindows(tier.every, days) })),
    log: scratch.log,
    database: scratch.store.database,
    append,
    merge: () => merged.flush(),
    /** Stores readings and merges them. */
    store: (readings: readonly Measured[]): void => {
      for (let start = 0; start < readings.length; start += groupReadings) {
        append(readings.slice(start, start + groupReadings));
        merged.flush();
      }
    },
  });
}

/** So many readings, evenly spread. */
export const every = (
  seconds: number,
  from: string,
  count: number,
  values: (index: number) => object,
  meta: object = { _interval: seconds },
): readonly Measured[] =>
  Array.from({ length: count }, (_, index) => ({
    timeMs: Date.parse(from) + index * seconds * 1_000,
    values: values(index),
    meta,
  }));
