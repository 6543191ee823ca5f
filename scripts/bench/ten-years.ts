// A store with years of one device: made by the tiers themselves, with retention running, and at its end by the log. What
// has left the raw log long ago never was a message: it is handed to the tiers as the log would.

import { logSchema } from '../../packages/bridge/src/log/schema.ts';
import { openLog } from '../../packages/bridge/src/log/sqlite-log.ts';
import type { Message, StoredReading } from '../../packages/bridge/src/message.ts';
import { openStore, type Store } from '../../packages/bridge/src/store.ts';
import type { TiersOptions } from '../../packages/bridge/src/tiers/engine.ts';
import { createLocalDays } from '../../packages/bridge/src/tiers/local-days.ts';
import { tierSchema } from '../../packages/bridge/src/tiers/schema.ts';
import { dayMs, presets } from '../../packages/bridge/src/tiers/tier.ts';
import { createTiers, type Tiers } from '../../packages/bridge/src/tiers/tiers.ts';

export const device = { topic: 'jbd/battery/bank', agent: 'barn' };
export const timeZone = 'Europe/Rome';
const intervalMs = 27_000;
const { rawMs, tiers: tierList } = presets.server;
const boundBytes = 20 * 1024 ** 3;

/** Twelve gauges of a battery as it lives through days and seasons, with the resolution of its maker. */
function valuesAt(timeMs: number): { readonly [field: string]: number } {
  const day = (2 * Math.PI * timeMs) / dayMs;
  const noise = ((timeMs / 1_000) * 7_919) % 101;
  const sun = Math.max(0, Math.sin(day)) * (1 + 0.4 * Math.sin(day / 365));
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  const cell = (n: number): [string, number] => [
    `cell_${n}_voltage`,
    round(3.2 + 0.12 * sun + (noise % (7 + n)) / 1_000, 3),
  ];
  return {
    battery_voltage: round(13 + sun / 2 + noise / 1_000, 2),
    battery_current: round(18 * sun - 4 + noise / 50, 2),
    battery_power: round(230 * sun - 50 + noise / 5, 1),
    state_of_charge: round(55 + 25 * Math.sin(day - 1) + noise / 50, 1),
    remaining_capacity: round(110 + 50 * Math.sin(day - 1) + noise / 20, 2),
    battery_temperature: round(12 + 9 * Math.sin(day / 365) + 3 * Math.sin(day - 2), 1),
    mosfet_temperature: round(16 + 9 * Math.sin(day / 365) + 5 * sun, 1),
    cell_voltage_delta: round(0.004 + noise / 9_000, 3),
    ...Object.fromEntries([1, 2, 3, 4].map(cell)),
  };
}

export interface Years {
  readonly store: Store;
  readonly nowMs: number;
  readonly firstMs: number;
  readonly readings: number;
}

/** Days that end now, as the tiers and the log of a server hold them in the end. */
export function makeYears(path: string, days: number, nowMs: number): Years {
  const store = openStore({ path, parts: [logSchema, tierSchema] });
  const count = Math.floor((days * dayMs) / intervalMs);
  const firstMs = nowMs - count * intervalMs;
  const recent = Math.min(count, Math.floor(rawMs / intervalMs));
  const old = count - recent;
  let clockMs = firstMs;
  const options: Omit<TiersOptions, 'log'> = {
    ...{ store, tiers: tierList, days: createLocalDays(timeZone), rawMs, report: () => {} },
    now: () => clockMs,
    clockSynced: () => true,
  };
  const mergeUntil = (tiers: Tiers, timeMs: number): void => {
    clockMs = timeMs;
    tiers.flush();
    while (tiers.expire() > 0);
  };

  const past = pastLog(firstMs);
  const merged = createTiers({ ...options, log: past });
  const dayReadings = Math.floor(dayMs / intervalMs);
  for (let position = dayReadings; position < old; position += dayReadings) {
    past.reach(position);
    mergeUntil(merged, firstMs + position * intervalMs);
  }
  past.reach(old);
  mergeUntil(merged, firstMs + old * intervalMs);

  // As after all that has left the log.
  store.database.prepare("INSERT OR REPLACE INTO log_count VALUES ('head', ?)").run(old);
  const log = openLog({ store, clockSynced: () => true, rawMs, bytesMax: boundBytes, report: () => {} });
  const live = createTiers({ ...options, log });
  const groupReadings = 100;
  for (let at = old; at < count; at += groupReadings) {
    const length = Math.min(groupReadings, count - at);
    log.append(Array.from({ length }, (_, n) => messageOf(at + n, firstMs + (at + n) * intervalMs)));
    mergeUntil(live, firstMs + (at + length) * intervalMs);
  }
  mergeUntil(live, nowMs);
  while (log.expire(nowMs) > 0);
  return { store, nowMs, firstMs, readings: count };
}

/** A log that has every reading up to a position, and keeps none. */
function pastLog(firstMs: number): TiersOptions['log'] & { readonly reach: (position: number) => void } {
  let head = 0;
  const readingAt = (position: number): StoredReading => {
    const timeMs = firstMs + (position - 1) * intervalMs;
    const rest = { clock: 'synced', kind: 'battery', definition: 'jbd', intervalSeconds: 27 } as const;
    return { position, series: device, timeMs, receivedMs: timeMs, ...rest, values: valuesAt(timeMs) };
  };
  return {
    reach: (position) => {
      head = position;
    },
    head: () => head,
    read: (after, limit) =>
      Array.from({ length: Math.min(limit, head - after) }, (_, n) => readingAt(after + n + 1)),
    onStored: () => {},
    raw: { heldFromMs: () => Number.MAX_SAFE_INTEGER, read: () => [] },
  };
}

function messageOf(sequence: number, timeMs: number): Message {
  const meta = {
    _timestamp: timeMs,
    _clock: 'synced',
    _agent: device.agent,
    _stream: 'b7c9',
    _seq: sequence,
    _definition: 'jbd',
    _kind: 'battery',
    _interval: 27,
  };
  const payload = Buffer.from(JSON.stringify({ ...valuesAt(timeMs), ...meta }));
  return { topic: device.topic, payload, receivedMs: timeMs + 50, retained: false };
}

/** What the store needs, without pages that are free to be used again. */
export function usedBytes({ database }: Store): number {
  const pragma = (name: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}
