// Files instead of a database: a folder a device, in it a file of the raw readings of each day of the site,
// `<path>/<device id>/2026-03-29.csv`. Files of finished days are compressed, and removed after `keep`.

import fileSystem from 'node:fs/promises';
import { join } from 'node:path';
import { deviceId } from '../live/device-id.ts';
import type { LocalDays } from '../tiers/local-days.ts';
import {
  appendRows,
  type DayFile,
  type FileSystem,
  mergeRows,
  type OpenDay,
  openDay,
  orMissing,
  syncFolder,
  type TimedCells,
} from './day-file.ts';
import { type DayFolders, moveDays, removeDays } from './move-days.ts';
import { type Point, RefusedError, type Sink, UnavailableError } from './sink.ts';
import { columnName, csvFormat, jsonLinesFormat, type TextFormat } from './text-rows.ts';

export interface FilesOptions {
  readonly path: string;
  readonly format: 'csv' | 'jsonl';
  /** `null`: for ever. */
  readonly keepMs: number | null;
  readonly compresses: boolean;
  /** Days of the site. */
  readonly days: LocalDays;
  readonly clock: () => number;
  readonly clockSynced: () => boolean;
  readonly report: (text: string) => void;
  readonly fs?: FileSystem;
}

const formats = { csv: csvFormat, jsonl: jsonLinesFormat };
const openMax = 1_000;
/** Each file that is written to is synced. */
const lingerMs = 1_000;
const tidyEveryMs = 3_600_000;
/** A finished day stays open so long for what comes late. */
const closedAfterMs = 3_600_000;
const timeMsMax = 8.64e15;

export function createFilesSink(options: FilesOptions): Sink {
  const { path, days, keepMs, fs = fileSystem } = options;
  const parts: Parts = { ...options, fs, text: formats[options.format], open: new Map() };
  let tidiedMs = Number.NEGATIVE_INFINITY;
  let busy: Promise<unknown> = Promise.resolve();

  /** One after the other: replays write beside what is live. */
  const alone = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = busy.then(work).catch((error: unknown) => {
      parts.open.clear();
      throw error instanceof RefusedError ? error : unavailable(path, error);
    });
    busy = done.catch(() => {});
    return done;
  };
  const prepare = async (): Promise<void> => {
    await fs.mkdir(path, { recursive: true, mode: 0o750 });
    const nowMs = options.clock();
    if (Math.abs(nowMs - tidiedMs) < tidyEveryMs || !options.clockSynced()) return;
    await tidy(parts, nowMs);
    tidiedMs = nowMs;
  };

  return {
    write: (points) => alone(() => writePoints(parts, points)),
    prepare: () => alone(prepare),
    move: (from, into) => alone(() => moveDays(foldersOf(parts), folderOf(from), folderOf(into))),
    remove: (removals) =>
      alone(async () => {
        for (const { tags } of removals) await removeDays(foldersOf(parts), folderOf(tags));
      }),
    holds: ({ timeMs }, nowMs) => keepMs === null || days.end(timeMs) >= nowMs - keepMs,
    mergesFields: true,
    takesReadingsOnly: true,
    lingerMs,
    plan: async () => {
      const found = await orMissing(fs.stat(path));
      if (found !== undefined && !found.isDirectory()) throw new UnavailableError(`${path} is no folder.`);
      return { makes: found === undefined ? [path] : [], changes: [], leaves: [], missing: [] };
    },
    close: async () => {
      await busy;
    },
  };
}

interface Parts extends FilesOptions {
  readonly fs: FileSystem;
  readonly text: TextFormat;
  /** Files of which it is known how they end. */
  readonly open: Map<string, OpenDay>;
}

const dayFile = ({ fs, text, report }: Parts, path: string): DayFile => ({ fs, format: text, path, report });

/** What is known of how files end is not known any more. */
function foldersOf(parts: Parts): DayFolders {
  const { fs, path, report } = parts;
  parts.open.clear();
  return { fs, path, report, dayFile: (file) => dayFile(parts, file), dayName: dayNameOf(parts.text) };
}

async function writePoints(parts: Parts, points: readonly Point[]): Promise<void> {
  const { fs, path, text } = parts;
  const nowhere = points.find(({ timeMs }) => !Number.isInteger(timeMs) || Math.abs(timeMs) > timeMsMax);
  if (nowhere) throw new RefusedError(`no day has the time ${nowhere.timeMs}`);
  for (const [folder, byDate] of groupByFile(parts, points)) {
    if ((await fs.mkdir(join(path, folder), { recursive: true, mode: 0o750 })) !== undefined)
      await syncFolder(fs, path);
    for (const [date, rows] of byDate) {
      await writeDay(parts, join(path, folder, `${date}.${text.extension}`), [...rows].toSorted(byTime));
    }
  }
}

function groupByFile({ days, text }: Parts, points: readonly Point[]) {
  const files = new Map<string, Map<string, Map<number, Map<string, string>>>>();
  for (const { tags, fields, timeMs } of points) {
    const byDate = entryOf(files, folderOf(tags), () => new Map());
    const rows = entryOf(byDate, days.date(timeMs), () => new Map());
    const cells = entryOf(rows, timeMs, () => new Map<string, string>());
    for (const [field, value] of Object.entries(fields)) cells.set(columnName(field), text.cell(value));
  }
  return files;
}

/** `rows` in the order of their times. */
async function writeDay(parts: Parts, path: string, rows: readonly TimedCells[]): Promise<void> {
  const { open } = parts;
  const day = dayFile(parts, path);
  const known = open.get(path) ?? (await openDay(day));
  // Until it is written it is not known how the file ends.
  open.delete(path);
  const isAppended =
    known !== undefined &&
    rows.every(([timeMs, cells]) => timeMs > known.newestMs && fits(cells, known.columns));
  if (isAppended) await appendRows(day, rows, known);
  const newestMs = rows.at(-1)?.[0] ?? 0;
  const written = isAppended ? { ...known, newestMs } : await mergeRows(day, rows, false);
  if (written === undefined) return;
  const [oldest] = open.keys();
  if (oldest !== undefined && open.size >= openMax) open.delete(oldest);
  open.set(path, written);
}

/** Compresses the files of finished days and removes those past their time. */
async function tidy(parts: Parts, nowMs: number): Promise<void> {
  const { fs, path, text, days, keepMs, compresses, open } = parts;
  const names = dayNameOf(text);
  for (const folder of (await fs.readdir(path)).filter((name) => folderName.test(name))) {
    for (const name of (await fs.readdir(join(path, folder))).toSorted()) {
      const { date, gz, unfinished } = names.exec(name)?.groups ?? {};
      const endMs = date === undefined ? undefined : days.range(date)?.endMs;
      const file = join(path, folder, name);
      if (endMs === undefined) continue;
      if (unfinished !== undefined || (keepMs !== null && endMs < nowMs - keepMs))
        await orMissing(fs.unlink(file));
      else if (gz === undefined && compresses && endMs + closedAfterMs < nowMs) {
        open.delete(file);
        await mergeRows(dayFile(parts, file), [], true);
      }
    }
  }
}

const dayNameOf = ({ extension }: TextFormat): RegExp =>
  new RegExp(`^(?<day>(?<date>\\d{4}-\\d\\d-\\d\\d)\\.${extension})(?<gz>\\.gz)?(?<unfinished>\\.tmp)?$`);

/** As `deviceId` makes it. */
const folderName = /-[0-9a-f]{10}$/;

const fits = (cells: ReadonlyMap<string, string>, columns: OpenDay['columns']): boolean =>
  columns === 'any' || [...cells.keys()].every((column) => columns.includes(column));

const byTime = ([a]: TimedCells, [b]: TimedCells): number => a - b;

/** The device's id, as in addresses of the page. */
const folderOf = ({ vendor = '', type = '', device = '', agent = '' }: Point['tags']): string =>
  deviceId({ topic: `${vendor}/${type}/${device}`, agent });

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const words: { readonly [code: string]: string } = {
  ENOSPC: 'the disk is full; make room',
  EDQUOT: 'the quota is used up; make room',
  EACCES: 'this user may not write there; give it the folder',
  EROFS: 'the disk is mounted read-only',
};

function unavailable(path: string, error: unknown): Error {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error as Error;
  return new UnavailableError(
    `Files in ${path} cannot be written: ${words[String(error.code)] ?? error.message}.`,
  );
}
