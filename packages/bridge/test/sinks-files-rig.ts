// Folders of a files sink as a test reads them, and a disk that a program dies on at a chosen step.

import { globSync, readFileSync } from 'node:fs';
import nodeFs, { type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FileSystem } from '../src/sinks/day-file.ts';
import { createFilesSink, type FilesOptions } from '../src/sinks/files.ts';
import type { Point } from '../src/sinks/sink.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** Midnight in Rome of the day of the readings. */
export const midnight = Date.UTC(2026, 5, 1, 22);

export const pointOf = (n: number, more: Partial<Point> = {}): Point => ({
  tier: 'raw',
  measurement: 'battery',
  tags: { vendor: 'victron', type: 'smartshunt', device: 'shunt', agent: 'barn' },
  fields: { battery_voltage: 12 + n / 1_000 },
  timeMs: midnight + n * 1_000,
  ...more,
});

export const filesSink = (path: string, more: Partial<FilesOptions> = {}) =>
  createFilesSink({
    ...{ path, format: 'csv', keepMs: null, compresses: true, days: createLocalDays('Europe/Rome') },
    ...{ clock: () => midnight, clockSynced: () => true, report: () => {} },
    ...more,
  });

/** Text by name, of compressed files what is in them. Names without the digest of the device. */
export const textsIn = (folder: string): { readonly [name: string]: string } =>
  Object.fromEntries(
    globSync('*/*', { cwd: folder })
      .toSorted()
      .map((name) => {
        const bytes = readFileSync(join(folder, name));
        const text = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
        return [name.replace(/-[0-9a-f]{10}/, ''), text.toString('utf8')];
      }),
  );

const dead = new Error('the program is dead');

/**
 * Dies at the step of that number, counted from 0: of what that step writes, the first half gets through. Nothing that
 * comes after it does. `steps` says how many there were.
 */
export function dyingDisk(dies: number): { readonly fs: FileSystem; steps(): number } {
  let step = 0;
  const live = (): boolean => {
    step += 1;
    if (step > dies + 1) throw dead;
    return step <= dies;
  };
  const handle = (file: FileHandle) => ({
    stat: () => file.stat(),
    read: (...words: [Buffer, number, number, number]) => file.read(...words),
    close: () => file.close(),
    truncate: async (length: number) => (live() ? file.truncate(length) : Promise.reject(dead)),
    sync: async () => (live() ? file.sync() : Promise.reject(dead)),
    datasync: async () => (live() ? file.datasync() : Promise.reject(dead)),
    writeFile: async (bytes: Buffer) => {
      const gets = live() ? bytes : bytes.subarray(0, bytes.length / 2);
      await file.writeFile(gets);
      if (gets.length < bytes.length) throw dead;
    },
    appendFile: async (text: string) => {
      const gets = live() ? text : text.slice(0, text.length / 2);
      await file.appendFile(gets);
      if (gets.length < text.length) throw dead;
    },
  });
  const guarded =
    <Words extends readonly unknown[], Result>(call: (...words: Words) => Promise<Result>) =>
    async (...words: Words): Promise<Result> =>
      live() ? call(...words) : Promise.reject(dead);
  const fs = {
    ...nodeFs,
    rename: guarded(nodeFs.rename),
    unlink: guarded(nodeFs.unlink),
    copyFile: guarded(nodeFs.copyFile),
    mkdir: guarded(nodeFs.mkdir),
    rmdir: guarded(nodeFs.rmdir),
    open: async (path: string, flags: string, mode?: number) => {
      // Opening to write makes the file.
      if (flags !== 'r' && !live()) throw dead;
      return handle(await nodeFs.open(path, flags, mode));
    },
  };
  return { fs: fs as unknown as FileSystem, steps: () => step };
}
