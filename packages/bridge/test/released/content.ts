// What every released version's fixture is filled with, by that version's own code. `node content.ts > VERSION.sql`
// with the code of a version that is about to be released makes its fixture; released ones never change.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { schemaParts } from '../../src/keeping/schema-parts.ts';
import { openAlarmHistory } from '../../src/live/alarm-history.ts';
import { openLog } from '../../src/log/sqlite-log.ts';
import { openLedger } from '../../src/sinks/ledger.ts';
import { openStore, type Store } from '../../src/store.ts';
import { createLocalDays } from '../../src/tiers/local-days.ts';
import { createTiers } from '../../src/tiers/tiers.ts';
import { message, noon, reading } from '../scratch-log.ts';

export const timeZone = 'Europe/Rome';
export const tierList = [
  { every: 120, keepMs: null },
  { every: 'day', keepMs: null },
] as const;
/** One reading every ten seconds, the power the sequence, the energy ten times it. */
export const count = 60;
/** Sequence that never came. */
export const missing = 30;
export const alarm = {
  device: 'roof-0123456789',
  name: 'roof',
  code: 'alarms.high_temperature',
  text: 'High temperature',
  level: 'alarm',
  since: noon,
  until: null,
} as const;
export const progress = { position: 40, delivered: 38, refused: 1, expired: 1 };
export const refusal = { position: 7, timeMs: noon, point: 'solar_charger', reason: 'type conflict' };

export const openLogOf = (store: Store) =>
  openLog({
    store,
    clockSynced: () => true,
    rawMs: 7 * 86_400_000,
    bytesMax: 1024 ** 3,
    report: () => undefined,
  });

export const openTiersOf = (store: Store, log: ReturnType<typeof openLogOf>, nowMs: number) =>
  createTiers({
    store,
    log,
    tiers: tierList,
    days: createLocalDays(timeZone),
    rawMs: 7 * 86_400_000,
    now: () => nowMs,
    clockSynced: () => true,
    report: () => undefined,
  });

function fill(store: Store): void {
  const log = openLogOf(store);
  const tiers = openTiersOf(store, log, noon + 3_600_000);
  for (let sequence = 0; sequence <= count; sequence++) {
    if (sequence === missing) continue;
    const meta = { _timestamp: noon + sequence * 10_000 };
    const values = { pv_energy_today: 10 * sequence, charge_state: 'bulk', alarms: ['high_temperature'] };
    log.append([reading(sequence, { meta, values, receivedMs: noon + sequence * 10_000 + 50 })]);
  }
  log.append([
    reading(0, { meta: { _timestamp: noon } }),
    message('victron/smartsolar/roof', 'no JSON'),
    message('wattline/agent/barn/state', { state: 'online', version: '0.1.0', devices: [], evicted: [] }),
    message('victron/battery/other', { battery_voltage: 12.5, _timestamp: noon }),
  ]);
  tiers.flush();
  while (tiers.step());
  openAlarmHistory(store).add(alarm);
  openLedger(store, 'influx', 'readings').advance(progress, [refusal]);
  store.database
    .prepare('INSERT INTO broker_retained VALUES (?, ?, ?)')
    .run('home/cat', 1, Buffer.from('asleep'));
}

/** As SQL that makes the same store again. */
function dump(database: DatabaseSync): string {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  const objects = database
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    .all();
  const rows = objects
    .filter(({ type }) => type === 'table')
    .flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .map((row) => `INSERT INTO ${name} VALUES (${Object.values(row).map(literal).join(', ')});`),
    );
  const statements = [`PRAGMA user_version = ${version};`, ...objects.map(({ sql }) => `${sql};`), ...rows];
  return `${statements.join('\n')}\n`;
}

function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return value === null ? 'NULL' : String(value);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = mkdtempSync(join(tmpdir(), 'wattline-released-'));
  const store = openStore({ path, parts: schemaParts });
  fill(store);
  process.stdout.write(dump(store.database));
  store.close();
  rmSync(path, { recursive: true });
}
