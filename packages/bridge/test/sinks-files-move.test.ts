// A device's files get another name, become part of another's, or go.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { deviceId } from '../src/live/device-id.ts';
import type { Point } from '../src/sinks/sink.ts';
import { remakeRig, scenes } from './remake-rig.ts';
import { noon } from './scratch-log.ts';
import { dayMs, dyingDisk, filesSink, midnight, pointOf, textsIn } from './sinks-files-rig.ts';

const tagsOf = (device: string) => ({ vendor: 'victron', type: 'smartshunt', device, agent: 'barn' });
const [shunt, bank] = [tagsOf('shunt'), tagsOf('bank')];
const idOf = (device: string) => deviceId({ topic: `victron/smartshunt/${device}`, agent: 'barn' });
const ofBank = (n: number, more: Partial<Point> = {}): Point => pointOf(n, { tags: bank, ...more });
const later = { clock: () => midnight + 1.1 * dayMs };
const secondDay = 86_400;

/** Three days of the one and two of the other; the first is compressed. */
async function fill(folder: string, format: 'csv' | 'jsonl' = 'csv'): Promise<void> {
  await filesSink(folder, { format }).write([
    ...[0, 2, secondDay, 2 * secondDay].map((n) => pointOf(n)),
    ofBank(1, { fields: { battery_current: 4 } }),
  ]);
  await filesSink(folder, { format, ...later }).prepare?.();
  await filesSink(folder, { format, ...later }).write([ofBank(secondDay), ofBank(secondDay + 1)]);
}

describe('files of a device', () => {
  test('are called by its new name', async () => {
    const folder = scratchFolder();
    const sink = filesSink(folder);
    await sink.write([0, secondDay].map((n) => pointOf(n)));
    const before = textsIn(folder);
    await sink.move?.(shunt, bank);
    expect(textsIn(folder)).toEqual(
      Object.fromEntries(Object.entries(before).map(([name, text]) => [name.replace('shunt', 'bank'), text])),
    );
    // It knows that the old file is none any more, and the new one is one.
    await sink.write([pointOf(1), ofBank(secondDay + 1)]);
    expect(textsIn(folder)).toMatchObject({
      'shunt/2026-06-02.csv': 'time,battery_voltage\n2026-06-01T22:00:01.000Z,12.001\n',
      'bank/2026-06-03.csv':
        'time,battery_voltage\n2026-06-02T22:00:00.000Z,98.4\n2026-06-02T22:00:01.000Z,98.401\n',
    });
  });
  test('become one file a day with those of another, rows in order', async () => {
    const folder = scratchFolder();
    await fill(folder);
    await filesSink(folder).move?.(shunt, bank);
    expect(textsIn(folder)).toEqual({
      'bank/2026-06-02.csv.gz':
        'time,battery_current,battery_voltage\n2026-06-01T22:00:00.000Z,,12\n' +
        '2026-06-01T22:00:01.000Z,4,\n2026-06-01T22:00:02.000Z,,12.002\n',
      'bank/2026-06-03.csv':
        'time,battery_voltage\n2026-06-02T22:00:00.000Z,98.4\n2026-06-02T22:00:01.000Z,98.401\n',
      'bank/2026-06-04.csv': 'time,battery_voltage\n2026-06-03T22:00:00.000Z,184.8\n',
    });
    expect(readdirSync(folder)).toEqual([idOf('bank')]);
  });
  test('take what is not of this program along, and lay it over nothing', async () => {
    const folder = scratchFolder();
    await fill(folder);
    writeFileSync(join(folder, idOf('shunt'), 'notes.txt'), 'mine');
    writeFileSync(join(folder, idOf('bank'), 'notes.txt'), 'mine too');
    writeFileSync(join(folder, idOf('shunt'), '2026-06-02.csv.gz.damaged'), 'odd');
    await filesSink(folder).move?.(shunt, bank);
    expect(readdirSync(join(folder, idOf('bank'))).toSorted()).toEqual([
      ...['2026-06-02.csv.gz', '2026-06-03.csv', '2026-06-04.csv'].toSpliced(
        1,
        0,
        '2026-06-02.csv.gz.damaged',
      ),
      ...['notes.txt', `notes.txt.${idOf('shunt')}`],
    ]);
  });
  test('go with their folder, but for what is not of this program', async () => {
    const folder = scratchFolder();
    await fill(folder);
    const reports: string[] = [];
    const sink = filesSink(folder, { report: (text) => reports.push(text) });
    const removalOf = (tags: Point['tags']) => sink.remove?.([{ tier: 'raw', tags, fromMs: 0 }]);
    writeFileSync(join(folder, idOf('shunt'), '2026-06-02.csv.damaged'), 'odd');
    await removalOf(shunt);
    expect(readdirSync(folder)).toEqual([idOf('bank')]);
    writeFileSync(join(folder, idOf('bank'), 'notes.txt'), 'mine');
    await removalOf(bank);
    await removalOf(tagsOf('nobody'));
    expect(textsIn(folder)).toEqual({ 'bank/notes.txt': 'mine' });
    expect(reports).toEqual([expect.stringContaining('notes.txt')]);
  });
  test('that are nowhere are moved nowhere', async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, idOf('bank')));
    await filesSink(folder).move?.(shunt, bank);
    expect(readdirSync(folder)).toEqual([idOf('bank')]);
  });
});

test.each(['csv', 'jsonl'] as const)(
  'a program that dies at any step of a move has each row of %s once',
  async (format) => {
    const whole = scratchFolder();
    await fill(whole, format);
    await filesSink(whole, { format }).move?.(shunt, bank);
    const expected = textsIn(whole);
    for (let step = 0, died = true; died; step++) {
      const folder = scratchFolder();
      await fill(folder, format);
      const { fs } = dyingDisk(step);
      died =
        (await filesSink(folder, { format, fs })
          .move?.(shunt, bank)
          .then(
            () => false,
            () => true,
          )) ?? false;
      await filesSink(folder, { format }).move?.(shunt, bank);
      expect(textsIn(folder), `died at step ${step}`).toEqual(expected);
      expect(readdirSync(folder)).toEqual([idOf('bank')]);
      if (!died) expect(step).toBeGreaterThan(15);
    }
  },
);

test.each(Object.entries(scenes))(
  'files and store say the same, wherever the program dies: %s',
  async (_, acts) => {
    const timed = { clock: () => noon };
    for (let step = 0, died = true; died; step++) {
      const folder = scratchFolder();
      const rig = remakeRig(filesSink(folder, timed));
      rig.add('old', 3);
      rig.add('shed', 2);
      await rig.settled();
      const disk = dyingDisk(step);
      await rig.restart(filesSink(folder, { ...timed, fs: disk.fs }));
      for (const act of acts) await act(rig);
      died = disk.steps() > step;
      await rig.restart(filesSink(folder, timed));
      await rig.settled();
      const fresh = scratchFolder();
      await rig.refill(filesSink(fresh, timed));
      expect(textsIn(folder), `died at step ${step}`).toEqual(textsIn(fresh));
      await rig.close();
    }
  },
);
