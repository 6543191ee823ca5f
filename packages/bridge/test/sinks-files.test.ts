import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { deviceId } from '../src/live/device-id.ts';
import type { FileSystem } from '../src/sinks/day-file.ts';
import { type Point, RefusedError, UnavailableError } from '../src/sinks/sink.ts';
import { carrySink, settled } from './sinks-carry.ts';
import { dayMs, dyingDisk, filesSink, hourMs, midnight, pointOf, textsIn } from './sinks-files-rig.ts';

const id = deviceId({ topic: 'victron/smartshunt/shunt', agent: 'barn' });

describe('a file a device and day', () => {
  test('of CSV has the names first, then a line a reading, by days of the site', async () => {
    const folder = scratchFolder();
    const fields = { battery_voltage: 13.2, alarms: 'low,"odd"', online: true, note: 'two\nlines', time: 7 };
    const sink = filesSink(folder);
    await sink.write([
      pointOf(-1),
      pointOf(0, { fields }),
      pointOf(1, { tags: { vendor: 'jbd', type: 'battery', device: 'bank', agent: 'barn' } }),
    ]);
    await sink.write([pointOf(2)]);
    expect(readdirSync(folder)).toContain(id);
    expect(textsIn(folder)).toEqual({
      'bank/2026-06-02.csv': 'time,battery_voltage\n2026-06-01T22:00:01.000Z,12.001\n',
      'shunt/2026-06-01.csv': 'time,battery_voltage\n2026-06-01T21:59:59.000Z,11.999\n',
      'shunt/2026-06-02.csv':
        'time,battery_voltage,alarms,online,note,time_\n' +
        '2026-06-01T22:00:00.000Z,13.2,"low,""odd""",true,two lines,7\n' +
        '2026-06-01T22:00:02.000Z,12.002,,,,\n',
    });
  });
  test('of JSON lines has an object a reading', async () => {
    const folder = scratchFolder();
    const sink = filesSink(folder, { format: 'jsonl' });
    await sink.write([
      pointOf(0, { fields: { a: 1.5, b: 'x\n', c: false } }),
      pointOf(1, { fields: { d: 1 } }),
    ]);
    expect(textsIn(folder)).toEqual({
      'shunt/2026-06-02.jsonl': `{"time":${midnight},"a":1.5,"b":"x\\n","c":false}\n{"time":${midnight + 1_000},"d":1}\n`,
    });
  });
  test.each(['csv', 'jsonl'] as const)(
    'of %s has a reading once that comes twice, late or in parts',
    async (format) => {
      const [folder, whole] = [scratchFolder(), scratchFolder()];
      const sink = filesSink(folder, { format });
      const more = pointOf(2, { fields: { battery_current: 4 } });
      await sink.write([pointOf(1), pointOf(3)]);
      await sink.write([pointOf(3), pointOf(2)]);
      await sink.write([more]);
      await sink.write([pointOf(4)]);
      await filesSink(folder, { format }).write([pointOf(1), more, pointOf(4)]);
      const both = pointOf(2, { fields: { ...pointOf(2).fields, ...more.fields } });
      await filesSink(whole, { format }).write([pointOf(1), both, pointOf(3), pointOf(4)]);
      expect(textsIn(folder)).toEqual(textsIn(whole));
    },
  );
  test('is only added to while readings come in order: what is there is not written again', async () => {
    const folder = scratchFolder();
    const disk = dyingDisk(Number.POSITIVE_INFINITY);
    const sink = filesSink(folder, { fs: disk.fs });
    await sink.write([pointOf(0)]);
    const before = disk.steps();
    await sink.write([pointOf(1), pointOf(2)]);
    // The folder, the file opened, the text, the sync.
    expect(disk.steps() - before).toBe(4);
  });
});

describe('the file of a finished day', () => {
  const later = (days: number) => ({ clock: () => midnight + days * dayMs });

  test('is compressed, and takes what comes late in its place', async () => {
    const folder = scratchFolder();
    await filesSink(folder).write([pointOf(0), pointOf(2)]);
    const sink = filesSink(folder, later(1.1));
    await sink.prepare?.();
    expect(Object.keys(textsIn(folder))).toEqual(['shunt/2026-06-02.csv.gz']);
    await sink.write([pointOf(1), pointOf(2), pointOf(86_400)]);
    expect(textsIn(folder)).toEqual({
      'shunt/2026-06-02.csv.gz':
        'time,battery_voltage\n2026-06-01T22:00:00.000Z,12\n2026-06-01T22:00:01.000Z,12.001\n2026-06-01T22:00:02.000Z,12.002\n',
      'shunt/2026-06-03.csv': 'time,battery_voltage\n2026-06-02T22:00:00.000Z,98.4\n',
    });
  });
  test('stays as it is where that is asked, while the day goes on, and while the clock is not set', async () => {
    for (const more of [
      { ...later(1.1), compresses: false },
      { ...later(1.1), clockSynced: () => false },
      { clock: () => midnight + dayMs + hourMs / 2 },
    ]) {
      const folder = scratchFolder();
      await filesSink(folder).write([pointOf(0)]);
      await filesSink(folder, more).prepare?.();
      expect(Object.keys(textsIn(folder))).toEqual(['shunt/2026-06-02.csv']);
    }
  });
  test('goes after its time, compressed or not, and nothing else goes', async () => {
    const folder = scratchFolder();
    const days = [0, 1, 2].map((day) => pointOf(day * 86_400));
    await filesSink(folder).write(days);
    await filesSink(folder, later(2.5)).prepare?.();
    writeFileSync(join(folder, id, 'notes.txt'), 'mine');
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', '2026-06-01.csv'), 'mine');
    const sink = filesSink(folder, { ...later(3.5), keepMs: 2 * dayMs });
    await sink.prepare?.();
    expect(Object.keys(textsIn(folder))).toEqual([
      'mine/2026-06-01.csv',
      'shunt/2026-06-03.csv.gz',
      'shunt/2026-06-04.csv.gz',
      'shunt/notes.txt',
    ]);
    const nowMs = midnight + 3.5 * dayMs;
    expect(days.map((point) => sink.holds?.(point, nowMs))).toEqual([false, true, true]);
  });
});

describe('a program that dies', () => {
  const batches: readonly (readonly Point[])[] = [
    [pointOf(0), pointOf(1)],
    [pointOf(2), pointOf(3), pointOf(90_000)],
    // Late, and with another column.
    [pointOf(1.5), pointOf(90_001, { fields: { battery_current: 1 } })],
    [pointOf(90_002), pointOf(90_003)],
  ];
  /** What a bridge does: a batch that was not confirmed is written again, by a program that knows nothing of before. */
  const deliver = async (sink: ReturnType<typeof filesSink>, from: number): Promise<number> => {
    for (const [index, batch] of batches.entries()) {
      if (index < from) continue;
      try {
        await sink.prepare?.();
        await sink.write(batch);
      } catch {
        return index;
      }
    }
    return batches.length;
  };
  /** The first day is finished after the second batch, and so compressed by the next program. */
  const clockOf = (from: number) => ({ clock: () => midnight + (from < 2 ? 0.5 : 1.1) * dayMs });

  test.each(['csv', 'jsonl'] as const)('at any step leaves every row of %s once', async (format) => {
    const whole = scratchFolder();
    for (const from of batches.keys()) {
      const sink = filesSink(whole, { format, ...clockOf(from) });
      await sink.prepare?.();
      await sink.write(batches[from] ?? []);
    }
    const expected = textsIn(whole);
    expect(Object.keys(expected)).toEqual([`shunt/2026-06-02.${format}.gz`, `shunt/2026-06-03.${format}`]);

    let deaths = 0;
    for (const begun of [0, 2]) {
      for (let step = 0; ; step++) {
        const folder = scratchFolder();
        for (const batch of batches.slice(0, begun))
          await filesSink(folder, { format, ...clockOf(0) }).write(batch);
        const disk = dyingDisk(step);
        const reached = await deliver(filesSink(folder, { format, ...clockOf(begun), fs: disk.fs }), begun);
        // The same again and what follows.
        for (let from = reached; from < batches.length; from++) {
          const sink = filesSink(folder, { format, ...clockOf(from) });
          await sink.prepare?.();
          await sink.write(batches[from] ?? []);
        }
        await filesSink(folder, { format, ...clockOf(9) }).prepare?.();
        expect(textsIn(folder), `died at step ${step} from batch ${begun}`).toEqual(expected);
        if (reached === batches.length) break;
        deaths++;
      }
    }
    expect(deaths).toBeGreaterThan(40);
  });
  test('in a power cut may leave a last line in pieces, or blocks of nothing', async () => {
    const folder = scratchFolder();
    await filesSink(folder).write([pointOf(0), pointOf(1)]);
    const file = join(folder, id, '2026-06-02.csv');
    const sound = readFileSync(file);
    for (const end of ['2026-06-01T22:00:0', '\0'.repeat(4_096), `\0\0\0\n2026-06-01T22:00:02.000Z,1\n`]) {
      writeFileSync(file, Buffer.concat([sound, Buffer.from(end)]));
      await filesSink(folder).write([pointOf(2)]);
      expect(readFileSync(file, 'utf8')).toBe(`${sound}2026-06-01T22:00:02.000Z,12.002\n`);
    }
    writeFileSync(file, 'time,batt');
    await filesSink(folder).write([pointOf(0), pointOf(1)]);
    expect(readFileSync(file, 'utf8')).toBe(String(sound));
  });
});

describe('what stands in the way', () => {
  test('a time that no day has is refused, alone', async () => {
    const folder = scratchFolder();
    const carried = carrySink(() => filesSink(folder));
    carried.add(pointOf(0), pointOf(0, { timeMs: 9e15 }), pointOf(1));
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 2, refused: 1 });
    expect(carried.view().refused[0]?.reason).toBe('no day has the time 9000000000000000');
    await expect(filesSink(folder).write([pointOf(0.0001)])).rejects.toBeInstanceOf(RefusedError);
  });
  test('a compressed file that cannot be unpacked is set aside, and the day goes on', async () => {
    const folder = scratchFolder();
    const reports: string[] = [];
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, '2026-06-02.csv.gz'), gzipSync('time,x\n').subarray(0, 9));
    await filesSink(folder, { report: (text) => reports.push(text) }).write([pointOf(0)]);
    expect(readdirSync(join(folder, id)).toSorted()).toEqual(['2026-06-02.csv', '2026-06-02.csv.gz.damaged']);
    expect(reports).toEqual([expect.stringContaining('is now called .damaged')]);
  });
  test('a file that somebody else changed stays in a copy', async () => {
    const folder = scratchFolder();
    const reports: string[] = [];
    const file = join(folder, id, '2026-06-02.csv');
    mkdirSync(join(folder, id));
    writeFileSync(file, 'Zeit;Spannung\n1;2\n');
    await filesSink(folder, { report: (text) => reports.push(text) }).write([pointOf(0)]);
    expect(readFileSync(`${file}.damaged`, 'utf8')).toBe('Zeit;Spannung\n1;2\n');
    expect(readFileSync(file, 'utf8')).toBe('time,battery_voltage\n2026-06-01T22:00:00.000Z,12\n');
    expect(reports).toEqual([expect.stringContaining('2 lines that are no readings')]);
  });
  test.each([
    ['EACCES', 'this user may not write there'],
    ['ENOSPC', 'the disk is full; make room'],
    ['EIO', 'EIO: i/o error'],
  ])('%s is a wait that says what to do', async (code, words) => {
    const failure = Object.assign(new Error(`${code}: i/o error`), { code, syscall: 'mkdir' });
    const fs = { ...dyingDisk(0).fs, mkdir: () => Promise.reject(failure) } as FileSystem;
    const refused = filesSink(scratchFolder(), { fs }).write([pointOf(0)]);
    await expect(refused).rejects.toBeInstanceOf(UnavailableError);
    await expect(refused).rejects.toThrow(words);
  });
  test('a folder that is a file is a wait, and nothing that a check would make', async () => {
    const folder = scratchFolder({ taken: '' });
    const sink = filesSink(join(folder, 'taken'));
    await expect(sink.prepare?.()).rejects.toBeInstanceOf(UnavailableError);
    await expect(sink.plan()).rejects.toBeInstanceOf(UnavailableError);
    expect(await filesSink(join(folder, 'new')).plan()).toMatchObject({ makes: [join(folder, 'new')] });
  });
});
