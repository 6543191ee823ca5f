// A store of every released version becomes one of today, with all that was in it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { schemaParts } from '../src/keeping/schema-parts.ts';
import { openAlarmHistory } from '../src/live/alarm-history.ts';
import { openLedger } from '../src/sinks/ledger.ts';
import { openStore, type Store, storeFile } from '../src/store.ts';
import { publish } from '../src/tiers/published.ts';
import {
  alarm,
  count,
  missing,
  openLogOf,
  openTiersOf,
  progress,
  refusal,
  type tierList,
} from './released/content.ts';
import { noon, reading } from './scratch-log.ts';

const folder = fileURLToPath(new URL('released', import.meta.url));
const versions = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.replace('.sql', ''));
const released = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8')).version;

/** The store of a version, opened by today's program. */
function upgraded(version: string): Store {
  const path = scratchFolder();
  const old = new DatabaseSync(storeFile(path));
  old.exec(readFileSync(join(folder, `${version}.sql`), 'utf8'));
  old.close();
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  onTestFinished(() => store.close());
  return store;
}

const schemaOf = ({ database }: Store) =>
  database.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();

const sequences = Array.from({ length: count + 1 }, (_, n) => n).filter((n) => n !== missing);

test('there is a fixture of the version that the packages say', () => {
  expect(versions).toContain(released);
});

test.each(versions)('a store of %s gets the tables of a new one', (version) => {
  const fresh = openStore({ path: scratchFolder(), parts: schemaParts });
  onTestFinished(() => fresh.close());
  expect(schemaOf(upgraded(version))).toEqual(schemaOf(fresh));
});

test.each(versions)('the log of %s is read, counted and continued', (version) => {
  const log = openLogOf(upgraded(version));
  const powers = () => log.read(0, 10_000).flatMap(({ values }) => values['pv_power'] ?? []);
  expect(powers()).toEqual(sequences);
  const { received, stored, duplicate, conflict, state, aside, missing: gaps } = log.accounts();
  expect(stored).toBe(sequences.length + 1);
  // The repeat of the first said something else.
  expect({ duplicate, conflict, state, aside }).toEqual({
    ...{ duplicate: 0, conflict: 1, state: 1 },
    aside: { not_json: 1 },
  });
  expect(received).toBe(stored + conflict + state + 1);
  expect(gaps).toMatchObject([{ count: 1 }]);
  expect(log.agents()).toMatchObject([{ agent: 'barn', state: { version: '0.1.0' } }]);
  const verdicts = log.append([reading(missing), reading(count + 1), reading(count + 1)]);
  expect(verdicts.map(({ is }) => is)).toEqual(['stored', 'stored', 'duplicate']);
  expect(log.accounts().missing).toEqual([]);
});

test.each(versions)('the tiers of %s are read and continued', (version) => {
  const store = upgraded(version);
  const tiers = openTiersOf(store, openLogOf(store), noon + 2 * 86_400_000);
  // The day was not over in the store of then.
  while (tiers.step());
  const windows = tiers.changedSince(0, 1_000).filter(({ series }) => series.topic.endsWith('roof'));
  const of = (every: (typeof tierList)[number]['every'], field: string) =>
    windows
      .filter((window) => window.every === every)
      .flatMap(({ fields, definition }) =>
        fields.flatMap(({ name, aggregate }) =>
          name === field ? publish(aggregate, definition, field) : [],
        ),
      );
  const [day] = of('day', 'pv_power');
  expect(day).toMatchObject({ min: 0, max: count });
  expect(day?.mean).toBeCloseTo(sequences.reduce((sum, n) => sum + n, 0) / sequences.length, 9);
  expect(of('day', 'pv_energy_today')).toMatchObject([{ increase: 10 * count, last: 10 * count }]);
  expect(of(120, 'pv_power').map(({ min }) => min)).toEqual([0, 12, 24, 36, 48, 60]);
});

test.each(versions)('alarms, sinks and retained messages of %s are there', (version) => {
  const store = upgraded(version);
  expect(openAlarmHistory(store).open()).toMatchObject([alarm]);
  const ledger = openLedger(store, 'influx', 'readings');
  expect(ledger.progress()).toMatchObject(progress);
  expect(ledger.refusals(10)).toMatchObject([refusal]);
  expect(store.database.prepare('SELECT topic, payload FROM broker_retained').get()).toEqual({
    topic: 'home/cat',
    payload: new Uint8Array(Buffer.from('asleep')),
  });
});
