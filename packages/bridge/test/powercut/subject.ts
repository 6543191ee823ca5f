// The bridge's store, for the cut: what the writer stores, and what must be found afterwards.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Subject } from '../../../simulator/src/powercut/subject.ts';
import { schemaParts } from '../../src/keeping/schema-parts.ts';
import { openLog, type SqliteLog } from '../../src/log/sqlite-log.ts';
import type { StoredReading } from '../../src/message.ts';
import { openLedger } from '../../src/sinks/ledger.ts';
import { openStore, type Store } from '../../src/store.ts';
import { createLocalDays } from '../../src/tiers/local-days.ts';
import { publish } from '../../src/tiers/published.ts';
import { createTiers, type Tiers } from '../../src/tiers/tiers.ts';
import { noon, reading } from '../scratch-log.ts';
import { batchOf } from '../tiers-batch.ts';

/** Synchronous commits, as SQLite names them less safe, and the sync that keeps the name of the store's folder. */
export const omissions = ['every commit synced', 'any sync of SQLite', 'the sync of folders'] as const;

const everySeconds = [120, 1_800];
const timeZone = 'Europe/Rome';
const forEverMs = 1e14;

export interface Opened {
  readonly store: Store;
  readonly log: SqliteLog;
  readonly tiers: Tiers;
  readonly ledger: ReturnType<typeof openLedger>;
  close(): void;
}

export function openAll(path: string): Opened {
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  const base = { store, rawMs: forEverMs, clockSynced: () => true, report: () => undefined };
  const log = openLog({ ...base, bytesMax: 1024 ** 3 });
  const tiers = createTiers({
    ...base,
    log,
    tiers: everySeconds.map((every) => ({ every, keepMs: null })),
    days: createLocalDays(timeZone),
    // Every window has ended.
    now: () => noon + 86_400_000,
  });
  const close = (): void => {
    log.close();
    store.close();
  };
  return { store, log, tiers, ledger: openLedger(store, 'influx', 'readings'), close };
}

/** The message of a number, 300 to 1000 bytes, every 20 s. */
export const powercutMessage = (sequence: number) =>
  reading(sequence, {
    topic: `victron/smartsolar/roof${sequence % 3}`,
    values: valuesOf(sequence),
    meta: { _timestamp: noon + sequence * 20_000 },
    receivedMs: noon + sequence * 20_000 + 50,
  });

const valuesOf = (sequence: number) => ({
  pv_power: sequence,
  pv_energy_today: (sequence * 30) % 1_000,
  charge_state: ['bulk', 'float'][sequence % 2] ?? '',
  note: 'x'.repeat((sequence * 397) % 700),
});

export const storeSubject: Subject = {
  name: 'store of the bridge',
  writer: join(import.meta.dirname, 'writer.ts'),
  omissions,
  judge: async (directory, words) => judge(join(directory, 'store'), words),
};

function judge(path: string, words: readonly string[]): string {
  const numbers = (word: string): number[] =>
    words.flatMap((text) => (text.startsWith(`${word} `) ? [Number(text.slice(word.length + 1))] : []));
  const said = { tried: new Set(numbers('try')), accepted: numbers('accepted') };
  if (said.accepted.length > 0 && !existsSync(path)) return 'lost: the folder of the store';
  const opened = openAll(path);
  try {
    const position = opened.ledger.progress().position;
    const delivered = Math.max(0, ...numbers('delivered'));
    const delivering = Math.max(0, ...numbers('delivering'));
    if (position < delivered || position > delivering) return `a sink is at ${position}, not ${delivered}`;
    const fault = look(opened, said);
    if (fault !== '') return fault;
    opened.log.append(later.map(powercutMessage));
  } finally {
    opened.close();
  }
  const again = openAll(path);
  try {
    const tried = new Set([...said.tried, ...later]);
    const fault = look(again, { tried, accepted: [...said.accepted, ...later] });
    return fault === '' ? '' : `after a restart ${fault}`;
  } finally {
    again.close();
  }
}

/** What is stored when all is well again. */
const later = [1_000, 1_001];

function look(
  { store, log, tiers }: Opened,
  said: { readonly tried: ReadonlySet<number>; readonly accepted: readonly number[] },
): string {
  const check = store.database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  if (check !== 'ok') return `damaged: ${check}`;
  const readings = log.read(0, Number.MAX_SAFE_INTEGER);
  const found = new Set<number>();
  for (const { values } of readings) {
    const sequence = Number(values['pv_power']);
    if (found.has(sequence)) return `twice: ${sequence}`;
    found.add(sequence);
    if (!said.tried.has(sequence)) return `invented: ${sequence}`;
    if (!isDeepStrictEqual({ ...values }, valuesOf(sequence))) return `changed: ${sequence}`;
  }
  for (const sequence of said.accepted) if (!found.has(sequence)) return `lost: ${sequence}`;
  const { received, stored } = log.accounts();
  if (received !== found.size || stored !== found.size)
    return `miscounted: received ${received}, stored ${stored}, found ${found.size}`;
  return lookAtTiers(tiers, readings);
}

/** The note, which only makes messages long, is too long for tiers. */
const kinds = { pv_power: 'gauge', pv_energy_today: 'counter', charge_state: 'text' } as const;

/** Whatever was merged before the cut, in the end the tiers are those of all readings. */
function lookAtTiers(tiers: Tiers, readings: readonly StoredReading[]): string {
  tiers.flush();
  while (tiers.step());
  const right = batchOf(readings, { kinds, every: everySeconds, timeZone });
  let count = 0;
  for (const { series, every, startMs, fields, definition } of tiers.changedSince(0, 100_000)) {
    for (const { name, aggregate } of fields) {
      const id = `${every} ${series.topic} ${startMs} ${name}`;
      if (!(name in kinds)) continue;
      count++;
      const value = { ...publish(aggregate, definition, name) };
      if (!isDeepStrictEqual(value, right.get(id))) return `wrong in a tier: ${id}`;
    }
  }
  const expected = [...right.keys()].filter((id) => !id.startsWith('day ')).length;
  return count === expected ? '' : `${count} values in the tiers, ${expected} expected`;
}
