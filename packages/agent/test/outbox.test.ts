import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { openEvicted } from '../src/outbox/evicted.ts';
import { inspectOutbox } from '../src/outbox/inspect.ts';
import { dayMs, entry, open, startMs, waiting } from './outbox-scratch.ts';

const segmentsOf = (path: string): string[] => readdirSync(path).filter((name) => name.endsWith('.log'));

test('what was accepted is there after a restart, oldest first', async () => {
  const path = join(scratchFolder(), 'made', 'below');
  const outbox = await open(path);
  const entries = Array.from({ length: 500 }, (_, index) => entry(index));
  await Promise.all(entries.map(outbox.append));
  await outbox.close();
  const again = await open(path);
  expect(await waiting(again)).toEqual(entries);
  expect(again.status()).toMatchObject({ readings: 500, corruptBytes: 0 });
  await again.close();
});

test('what arrives together is kept with one sync', async () => {
  const path = scratchFolder();
  const outbox = await open(path, 8 * 1024 * 1024);
  const handle = await openFile(join(path, 'any'), 'w');
  const datasync = vi.spyOn(Object.getPrototypeOf(handle), 'datasync');
  onTestFinished(() => datasync.mockRestore());
  await handle.close();
  await Promise.all(Array.from({ length: 500 }, (_, index) => outbox.append(entry(index))));
  expect(datasync).toHaveBeenCalledTimes(1);
  await outbox.close();
});

test('text of any language and any characters comes back as it went in', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  const strange = entry(0, {
    payload: '{"name":"Dach \u00fc \u5c4b\u6839 \ud83c\udf1e\\n"}\n\n',
    topic: 'a/b/c "d"',
  });
  await outbox.append(strange);
  expect(await waiting(outbox)).toEqual([strange]);
  await outbox.close();
});

test('what was confirmed does not come again after a restart', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  const stored = await Promise.all([0, 1, 2, 3].map((sequence) => outbox.append(entry(sequence))));
  await outbox.confirm(stored.filter(({ sequence }) => sequence !== 2));
  await outbox.close();
  const again = await open(path);
  expect(await waiting(again)).toEqual([entry(2)]);
  await again.close();
});

test('a segment that is wholly confirmed leaves no file behind', async () => {
  const path = scratchFolder();
  const outbox = await open(path, 16 * 1024);
  const stored = await Promise.all(Array.from({ length: 60 }, (_, index) => outbox.append(entry(index))));
  expect(segmentsOf(path).length).toBeGreaterThan(2);
  const oldest = stored.filter(({ segment }) => segment === stored[0]?.segment);
  await outbox.confirm(oldest.slice(1));
  expect(segmentsOf(path)).toContain('00000001.log');
  await outbox.confirm(oldest.slice(0, 1));
  expect(segmentsOf(path)).not.toContain('00000001.log');
  await outbox.confirm(stored);
  expect(readdirSync(path).filter((name) => /^\d/.test(name))).toEqual([]);
  expect(outbox.status()).toMatchObject({ readings: 0, bytes: 0 });
  await outbox.append(entry(60));
  await outbox.close();
  const again = await open(path);
  expect(await waiting(again)).toEqual([entry(60)]);
  await again.close();
});

test('reading on from an entry gives what came after it, and only the wanted topics', async () => {
  const outbox = await open(scratchFolder(), 16 * 1024);
  const topics = ['a/a/a', 'b/b/b'];
  const all = Array.from({ length: 100 }, (_, index) => entry(index, { topic: topics[index % 2] ?? '' }));
  await Promise.all(all.map(outbox.append));
  const sequences: number[] = [];
  let batch = await outbox.read(undefined, (topic) => topic === 'b/b/b');
  while (batch.length > 0) {
    sequences.push(...batch.map(({ sequence }) => sequence));
    batch = await outbox.read(batch.at(-1), (topic) => topic === 'b/b/b');
  }
  expect(sequences).toEqual(all.map(({ sequence }) => sequence).filter((sequence) => sequence % 2 === 1));
  await outbox.append(entry(101, { topic: 'b/b/b' }));
  await outbox.close();
});

test('the size is kept, and what is given up is the oldest and is announced until that was confirmed', async () => {
  const path = scratchFolder();
  const bytesMax = 16 * 1024;
  const outbox = await open(path, bytesMax);
  for (let sequence = 0; sequence < 400; sequence += 1) await outbox.append(entry(sequence));
  const left = await waiting(outbox);
  const firstKept = left[0]?.sequence ?? Number.NaN;
  expect(firstKept).toBeGreaterThan(100);
  expect(left).toEqual(Array.from({ length: 400 - firstKept }, (_, index) => entry(firstKept + index)));
  const onDisk = segmentsOf(path).reduce((bytes, name) => bytes + statSync(join(path, name)).size, 0);
  expect(onDisk).toBeLessThanOrEqual(bytesMax);
  expect(onDisk).toBeGreaterThan(bytesMax * 0.75);
  expect(outbox.status()).toMatchObject({ evicted: firstKept, bytes: onDisk });
  const ranges = [{ stream: 'aaaa', from: 0, to: firstKept - 1 }];
  expect(outbox.evicted()).toEqual(ranges);
  await outbox.close();
  const again = await open(path, bytesMax);
  expect(again.evicted()).toEqual(ranges);
  await again.announced([{ stream: 'aaaa', from: 0, to: 9 }]);
  await again.close();
  const last = await open(path, bytesMax);
  expect(last.evicted()).toEqual([{ stream: 'aaaa', from: 10, to: firstKept - 1 }]);
  await last.announced(last.evicted());
  expect(last.evicted()).toEqual([]);
  await last.close();
});

test('of what was given up more is remembered than anybody announces, and not without bound', async () => {
  const path = scratchFolder();
  const ranges = Array.from({ length: 10_003 }, (_, index) => ({
    ...{ stream: 's', from: 2 * index, to: 2 * index },
  }));
  await (await openEvicted(path)).add(ranges);
  expect((await openEvicted(path)).ranges()).toEqual(ranges.slice(3));
});

test('what is too old is given up singly; a time that was never synced is no age', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  await outbox.append(entry(0));
  await outbox.append(entry(1, { timeMs: 5000, synced: false }));
  await outbox.append(entry(2, { timeMs: startMs + dayMs }));
  await outbox.append(entry(3, { timeMs: startMs + 2 * dayMs }));
  expect(await outbox.oldestMs()).toBe(startMs);
  await outbox.expire(startMs + 91.5 * dayMs);
  expect((await waiting(outbox)).map(({ sequence }) => sequence)).toEqual([1, 3]);
  expect(outbox.evicted()).toEqual([
    { stream: 'aaaa', from: 0, to: 0 },
    { stream: 'aaaa', from: 2, to: 2 },
  ]);
  expect(await outbox.oldestMs()).toBe(startMs + 2 * dayMs);
  await outbox.announced(outbox.evicted());
  await outbox.close();
  const again = await open(path);
  expect((await waiting(again)).map(({ sequence }) => sequence)).toEqual([1, 3]);
  await again.close();
});

test('a confirmation that comes after the eviction changes nothing', async () => {
  const outbox = await open(scratchFolder());
  const stored = await Promise.all([
    outbox.append(entry(0)),
    outbox.append(entry(1, { timeMs: startMs + 5 * dayMs })),
  ]);
  await outbox.expire(startMs + 91 * dayMs);
  await outbox.confirm(stored.slice(0, 1));
  await outbox.confirm(stored.slice(0, 1));
  expect(outbox.status()).toMatchObject({ readings: 1, evicted: 1 });
  await outbox.confirm(stored);
  expect(outbox.status().readings).toBe(0);
  await outbox.close();
});

test('only one process may write, and the message names the other', async () => {
  const path = scratchFolder();
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { openOutbox } from ${JSON.stringify(join(import.meta.dirname, '../src/outbox/outbox.ts'))};
       await openOutbox({ path: ${JSON.stringify(path)}, bytesMax: 1e6, ageMaxMs: 1e9 });
       process.stdout.write('open'); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  await expect(open(path)).rejects.toMatchObject({
    code: 'in_use',
    message: `The outbox ${path} is in use by process ${holder.pid}; only one may write to it.`,
  });
  expect(await inspectOutbox(path)).toMatchObject({ openBy: holder.pid, readings: 0 });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const outbox = await open(path);
  await expect(open(path)).rejects.toMatchObject({ code: 'in_use' });
  await outbox.close();
  await (await open(path)).close();
  expect(readdirSync(path).filter((name) => name.startsWith('lock'))).toEqual([]);
});

test('the lock of an earlier boot or of another process with the same number is void', async () => {
  const path = scratchFolder();
  const own = await open(path);
  const [name = ''] = readdirSync(path);
  await own.close();
  const [, boot, pid, start] = name.split('-');
  expect(Number(start)).toBeGreaterThan(0);
  writeFileSync(join(path, `lock-ffffffff-${pid}-${start}`), '');
  writeFileSync(join(path, `lock-${boot}-${pid}-1`), '');
  writeFileSync(join(path, `lock-${boot}-1-99999999999`), '');
  await (await open(path)).close();
  expect(readdirSync(path)).toEqual([]);
});

test('a full disk rejects the reading with what to do, and harms nothing that was accepted', async () => {
  const path = scratchFolder();
  const outbox = await open(path, 16 * 1024);
  for (let sequence = 0; sequence < 15; sequence += 1) await outbox.append(entry(sequence));
  const next = String(Number.parseInt(segmentsOf(path).at(-1) ?? '', 10) + 1).padStart(8, '0');
  symlinkSync('/dev/full', join(path, `${next}.log`));
  const accepted = [];
  let failure: unknown;
  for (let sequence = 15; failure === undefined; sequence += 1) {
    await outbox.append(entry(sequence)).then(
      () => accepted.push(sequence),
      (error: unknown) => {
        failure = error;
      },
    );
  }
  expect(failure).toMatchObject({
    code: 'failed',
    message: expect.stringContaining('the disk is full; free some space'),
  });
  expect(existsSync(join(path, `${next}.log`))).toBe(false);
  await outbox.append(entry(1000));
  const all = [...Array.from({ length: 15 + accepted.length }, (_, index) => entry(index)), entry(1000)];
  expect(await waiting(outbox)).toEqual(all);
  await outbox.close();
  const again = await open(path, 16 * 1024);
  expect(await waiting(again)).toEqual(all);
  await again.close();
});

test('a write that the disk cuts short leaves exactly what was accepted', async () => {
  const path = scratchFolder();
  const program = `
    import { openOutbox } from ${JSON.stringify(join(import.meta.dirname, '../src/outbox/outbox.ts'))};
    const outbox = await openOutbox({ path: ${JSON.stringify(path)}, bytesMax: 1e6, ageMaxMs: 1e12 });
    const results = [];
    for (let sequence = 0; sequence < 100; sequence += 1) {
      results.push(await outbox.append({ stream: 's', sequence, topic: 't', payload: 'x'.repeat(777), timeMs: 1, synced: true })
        .then(() => sequence, () => -1));
    }
    console.log(JSON.stringify(results));`;
  const limited = `trap '' XFSZ; ulimit -f 16; exec "$0" --input-type=module-typescript -e "$1"`;
  const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, program], { encoding: 'utf8' });
  const results = JSON.parse(stdout) as number[];
  expect(results.filter((sequence) => sequence < 0).length).toBeGreaterThan(5);
  const outbox = await open(path);
  expect((await waiting(outbox)).map(({ sequence }) => sequence)).toEqual(
    results.filter((sequence) => sequence >= 0),
  );
  expect(outbox.status().corruptBytes).toBe(0);
  await outbox.close();
});

test('a reading that can never be kept is refused by itself', async () => {
  const outbox = await open(scratchFolder());
  const tooBig = outbox.append(entry(0, { payload: 'x'.repeat(70_000) }));
  await expect(tooBig).rejects.toMatchObject({ code: 'too_big' });
  await outbox.append(entry(1));
  expect(outbox.status().readings).toBe(1);
  await outbox.close();
});

test('inspection tells what waits, while an agent has it open', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  await outbox.append(entry(0));
  await outbox.append(entry(1));
  await outbox.append(entry(2, { topic: 'jbd/battery/bank' }));
  const parked = { topic: 'jbd/battery/bank', reason: 'Not authorized', sinceMs: startMs };
  await outbox.noteParked([parked, { ...parked, topic: 'nothing/waits/here' }]);
  expect(await inspectOutbox(path)).toEqual({
    readings: 3,
    bytes: outbox.status().bytes,
    oldestMs: startMs,
    topics: [
      { topic: 'victron/solar_charger/roof', readings: 2, oldestMs: startMs },
      { topic: 'jbd/battery/bank', readings: 1, oldestMs: startMs + 2000 },
    ],
    parked: [parked],
    evicted: 0,
    corruptBytes: 0,
    openBy: process.pid,
  });
  await outbox.close();
  expect(await inspectOutbox(join(path, 'missing'))).toBeUndefined();
});
