// A backup of a running bridge, and its way back.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { startFromSource } from '../../simulator/src/services/program.ts';
import { backUpStore } from '../src/keeping/backup.ts';
import { restoreStore } from '../src/keeping/restore.ts';
import { openStore, storeFile } from '../src/store.ts';
import { createVictim, inspect, kills, pause, startLoad } from './crash-rig.ts';
import { noon, reading, scratchLog } from './scratch-log.ts';

const unstopped = new AbortController().signal;
const backUp = (file: string, into: string, more: Partial<Parameters<typeof backUpStore>[0]> = {}) =>
  backUpStore({ file, into, replaces: false, onProgress: () => {}, signal: unstopped, ...more });
const readings = (from: number, count: number) => Array.from({ length: count }, (_, n) => reading(from + n));

/** A store with readings 0, 1, …, in use while the test runs. */
function filledStore(count = 100) {
  const scratch = scratchLog();
  onTestFinished(() => rmSync(scratch.path, { recursive: true }));
  scratch.log.append(readings(0, count));
  return scratch;
}

test('a backup holds what the store holds, is one file, and only its owner may read it', async () => {
  const { store, path, log } = filledStore();
  const into = join(scratchFolder(), 'copy.db');
  const contents = await backUp(store.file, into);
  expect(contents).toMatchObject({ series: 1, stored: 100, head: 100, newestMs: noon + 99_050 });
  expect(statSync(into).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(into, '..'))).toEqual(['copy.db']);
  log.append(readings(100, 10));
  const other = scratchFolder();
  restoreStore(other, into, noon);
  expect(inspect(other).sequences).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(() => restoreStore(path, into, noon)).toThrow(/in use by another bridge/);
});

test('a file that is there is kept, unless it is to be replaced', async () => {
  const { store } = filledStore();
  const into = join(scratchFolder(), 'copy.db');
  writeFileSync(into, 'precious');
  await expect(backUp(store.file, into)).rejects.toThrow(/is there already.*--force/);
  expect(readFileSync(into, 'utf8')).toBe('precious');
  await backUp(store.file, into, { replaces: true });
  restoreStore(scratchFolder(), into, noon);
});

test('stopped half way, nothing is left of it', async () => {
  const { store } = filledStore(20_000);
  const stop = new AbortController();
  const into = join(scratchFolder(), 'copy.db');
  const stopped = backUp(store.file, into, { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toThrow();
  expect(readdirSync(join(into, '..'))).toEqual([]);
});

test('what is written during the backup is not in it, and does not make it begin again', async () => {
  const { store, log } = filledStore(20_000);
  let next = 20_000;
  let portions = 0;
  const into = join(scratchFolder(), 'copy.db');
  const write = () => {
    portions += 1;
    log.append(readings(next, 1_000));
    next += 1_000;
  };
  const { stored } = await backUp(store.file, into, { onProgress: write });
  expect(stored).toBe(20_000);
  expect(portions).toBeGreaterThan(0);
  expect(portions).toBeLessThanOrEqual(Math.ceil(statSync(into).size / (512 * 4_096)));
});

test('the old store is kept aside whole, and can be restored in its turn', async () => {
  const { store, path, log } = filledStore();
  const into = join(scratchFolder(), 'copy.db');
  await backUp(store.file, into);
  log.append(readings(100, 10));
  log.close();
  store.close();
  const { before } = restoreStore(path, into, noon);
  expect(inspect(path).sequences).toHaveLength(100);
  expect(before?.contents?.stored).toBe(110);
  restoreStore(path, before?.file ?? '', noon + 1);
  expect(inspect(path).sequences).toHaveLength(110);
});

test('a damaged store does not keep its backup from coming back', async () => {
  const { store, path, log } = filledStore(5_000);
  const into = join(scratchFolder(), 'copy.db');
  await backUp(store.file, into);
  log.close();
  store.close();
  truncateSync(storeFile(path), 10_000);
  // As after a power cut: a journal that was not merged.
  writeFileSync(`${storeFile(path)}-wal`, 'noise');
  const { before } = restoreStore(path, into, noon);
  expect(before).toEqual({ file: expect.stringContaining('bridge.db.before-') });
  expect(inspect(path).sequences).toHaveLength(5_000);
});

const backups: readonly (readonly [string, RegExp, (file: string) => void])[] = [
  ['damaged', /is not a whole store/, (file) => scribble(file)],
  ['cut short', /is not a whole store/, (file) => truncateSync(file, 50_000)],
  ['no database', /is not a whole store/, (file) => writeFileSync(file, 'a letter to somebody')],
  [
    'of a newer program, by a table',
    /written by a newer wattline-bridge \(part "log" has version 99/,
    (file) => change(file, "UPDATE store_part SET version = 99 WHERE name = 'log'"),
  ],
  [
    'of a newer program, by a part',
    /written by a newer wattline-bridge \(part "tide" is not known/,
    (file) => change(file, "INSERT INTO store_part VALUES ('tide', 1)"),
  ],
  ['of a newer program, by its layout', /newer/, (file) => change(file, 'PRAGMA user_version = 99')],
  ['of another program', /not a store of wattline-bridge/, (file) => change(file, 'DROP TABLE store_part')],
];

test.each(backups)('a backup that is %s is refused, and the store stays', async (_what, words, spoil) => {
  const { store, path, log } = filledStore(5_000);
  const into = join(scratchFolder(), 'copy.db');
  await backUp(store.file, into);
  spoil(into);
  log.close();
  store.close();
  const before = readdirSync(path);
  expect(() => restoreStore(path, into, noon)).toThrow(words);
  expect(readdirSync(path)).toEqual(before);
  expect(inspect(path).sequences).toHaveLength(5_000);
});

function scribble(file: string): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(20_000, 0xa5), 0, 20_000, 40_960);
  closeSync(descriptor);
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

test('a part that no program of today knows keeps the bridge from opening the store', () => {
  const path = scratchFolder();
  const parts = [{ name: 'tide', migrations: ['CREATE TABLE tide (level REAL)'] }];
  openStore({ path, parts }).close();
  expect(() => openStore({ path, parts: [], isWhole: true })).toThrow(/newer wattline-bridge.*part "tide"/);
});

test(
  'killed at random moments under load, bridge and backup leave only whole backups, with all that was acknowledged before',
  async () => {
    const folder = scratchFolder();
    const port = await freePort();
    writeFileSync(join(folder, 'bridge.yml'), 'store: { path: store }\n');
    const path = join(folder, 'store');
    const victim = createVictim(path, 'broker', String(port));
    await victim.start();
    const load = await startLoad(`mqtt://127.0.0.1:${port}`);
    let whole = 0;
    for (let round = 0; round < Math.ceil(kills / 2); round++) {
      await load.round();
      const known = load.acknowledged.slice();
      const into = join(folder, `${round}.db`);
      const backup = startFromSource('bridge', ['backup', into], { folder });
      const whom = round % 2 === 0 ? 'bridge' : 'backup';
      await pause(Math.random() * 700);
      if (whom === 'bridge') {
        await victim.kill();
        await victim.start();
        expect(await backup.ended).toMatchObject({ code: 0, stderr: '' });
      } else await backup.stop('SIGKILL');
      if (!existsSync(into)) continue;
      whole += 1;
      const restored = join(folder, `restored-${round}`);
      restoreStore(restored, into, Date.now());
      const { sequences, accounts, summed } = inspect(restored);
      const held = new Set(sequences);
      expect(known.filter((sequence) => !held.has(sequence))).toEqual([]);
      expect(held.size).toBe(sequences.length);
      expect(accounts.received).toBe(accounts.stored + accounts.duplicate);
      expect(summed).toBe(accounts.stored);
    }
    expect(whole).toBeGreaterThan(0);
    await load.stop();
    await victim.kill();
  },
  60_000 + kills * 3_000,
);
