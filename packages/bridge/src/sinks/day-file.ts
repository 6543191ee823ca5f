// One file of a device's day. Rows stand in the order of their times: what is newer than the last is appended, anything
// else (late, doubled, with a new column, for a day that is compressed) is merged, and the file replaced as a whole.
// Every way to write is durable when it resolves, and one that breaks off leaves a file that the next one puts right:
//   appended   a last line without its break is cut off, for it was never confirmed
//   replaced   the new file takes the place of the old one in one step
//   compressed while both stand there, the rows of both count

import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Cells, Table, TextFormat } from './text-rows.ts';

/** What is used of node:fs/promises. */
export type FileSystem = Pick<
  typeof import('node:fs/promises'),
  'open' | 'rename' | 'unlink' | 'readFile' | 'mkdir' | 'readdir' | 'stat' | 'copyFile' | 'rmdir'
>;

/** What is known of a file that may be appended to. */
export interface OpenDay {
  readonly columns: readonly string[] | 'any';
  readonly newestMs: number;
}

export interface DayFile {
  readonly fs: FileSystem;
  readonly format: TextFormat;
  /** Without `.gz`. */
  readonly path: string;
  readonly report: (text: string) => void;
}

/** One day of one device at ten readings a second. */
const plainBytesMax = 256 * 1024 * 1024;
/** Whatever broke off stands in the last write, and one is at most a batch. */
const tailBytes = 4 * 1024 * 1024;
const headBytes = 256 * 1024;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

export const compressedPath = (path: string): string => `${path}.gz`;

/** What can be appended to, put right where a write broke off; `undefined`: nothing, or it is to be merged. */
export async function openDay({ fs, format, path }: DayFile): Promise<OpenDay | undefined> {
  if (await exists(fs, compressedPath(path))) return undefined;
  const file = await orMissing(fs.open(path, 'r+'));
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    const tail = await readAt(file, start, size - start);
    const whole = wholeLines(tail);
    if (whole.length < tail.length) {
      await file.truncate(start + whole.length);
      await file.sync();
    }
    const head = start === 0 ? whole : await readAt(file, 0, headBytes);
    const columns = format.columnsOf(head.toString('utf8').split('\n', 1)[0] ?? '');
    const newestMs = format.timeOf(whole.toString('utf8').trimEnd().split('\n').at(-1) ?? '');
    return columns === undefined || newestMs === undefined ? undefined : { columns, newestMs };
  } finally {
    await file.close();
  }
}

/** Appends to a file that is there. The rows are newer than its newest, and have no other columns. */
export async function appendRows({ fs, format, path }: DayFile, rows: readonly TimedCells[], day: OpenDay) {
  const columns = day.columns === 'any' ? [] : day.columns;
  const file = await fs.open(path, 'a');
  try {
    await file.appendFile(rows.map(([timeMs, cells]) => format.line(columns, timeMs, cells)).join(''));
    await file.datasync();
  } finally {
    await file.close();
  }
}

export type TimedCells = readonly [timeMs: number, cells: Cells];

/** Merges rows into the file, compressed if it is so already or is to be; returns what it then is. */
export async function mergeRows(
  day: DayFile,
  rows: readonly TimedCells[],
  closes: boolean,
): Promise<OpenDay | undefined> {
  const { fs, path, format } = day;
  const plain = await readPlain(day);
  const compressed = await readCompressed(day);
  const isCompressed = closes || compressed !== undefined;
  const tables = [compressed, plain].filter((table) => table !== undefined);
  const merged = new Map(tables[0]?.rows ?? []);
  const columns = new Set(tables.flatMap((table) => table.columns));
  let hasChanged = tables.length !== 1 || isCompressed !== (compressed !== undefined);
  for (const row of tables[1]?.rows ?? []) hasChanged = add(merged, row) || hasChanged;
  for (const row of rows) {
    hasChanged = add(merged, row) || hasChanged;
    for (const column of row[1].keys()) columns.add(column);
  }
  const sorted = [...merged].toSorted(([a], [b]) => a - b);
  const named = [...columns];
  if (hasChanged && sorted.length > 0) {
    const lines = sorted.map(([timeMs, cells]) => format.line(named, timeMs, cells));
    const text = format.head(named) + lines.join('');
    if (isCompressed) await replaceFile(fs, compressedPath(path), await compress(text));
    else await replaceFile(fs, path, Buffer.from(text));
  }
  if (isCompressed && plain !== undefined) {
    await fs.unlink(path);
    await syncFolder(fs, dirname(path));
  }
  const newestMs = sorted.at(-1)?.[0];
  if (isCompressed || newestMs === undefined) return undefined;
  return { columns: format.columnsOf(format.head(named)) === 'any' ? 'any' : named, newestMs };
}

/** The rows of a file, compressed or not. */
export async function readRows(day: DayFile): Promise<readonly TimedCells[]> {
  const rows = new Map<number, Cells>();
  for (const table of [await readCompressed(day), await readPlain(day)]) {
    for (const row of table?.rows ?? []) add(rows, row);
  }
  return [...rows];
}

/** Returns whether it changed anything. */
function add(rows: Map<number, Cells>, [timeMs, cells]: TimedCells): boolean {
  const known = rows.get(timeMs);
  const isNew = [...cells].some(([column, cell]) => cell !== '' && known?.get(column) !== cell);
  if (isNew || known === undefined) rows.set(timeMs, new Map([...(known ?? []), ...cells]));
  return isNew || known === undefined;
}

async function readPlain(day: DayFile): Promise<Table | undefined> {
  const bytes = await orMissing(day.fs.readFile(day.path));
  return bytes && parseLines(day, day.path, bytes);
}

async function readCompressed(day: DayFile): Promise<Table | undefined> {
  const { fs, path, report } = day;
  const compressed = await orMissing(fs.readFile(compressedPath(path)));
  if (compressed === undefined) return undefined;
  try {
    const bytes = await decompress(compressed, { maxOutputLength: plainBytesMax });
    return await parseLines(day, compressedPath(path), bytes);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /^Z_|^ERR_BUFFER_TOO_LARGE/.test(String(error.code))))
      throw error;
    await fs.rename(compressedPath(path), `${compressedPath(path)}.damaged`);
    report(
      `${compressedPath(path)} cannot be unpacked (${error.message}): it is now called .damaged, and begun anew.`,
    );
    return undefined;
  }
}

/** Lines that are none of ours stay in a copy. */
async function parseLines({ fs, format, report }: DayFile, path: string, bytes: Buffer): Promise<Table> {
  const text = wholeLines(bytes).toString('utf8');
  const table = format.parse(text === '' ? [] : text.slice(0, -1).split('\n'));
  if (table.foreign > 0) {
    await fs.copyFile(path, `${path}.damaged`);
    report(`${path} has ${table.foreign} lines that are no readings: a copy of it stays as .damaged.`);
  }
  return table;
}

/** Without what broke off: a line without its break, or blocks that the disk never got. */
function wholeLines(bytes: Buffer): Buffer {
  const hole = bytes.indexOf(0);
  const sound = hole < 0 ? bytes : bytes.subarray(0, hole);
  return sound.subarray(0, sound.lastIndexOf('\n') + 1);
}

async function replaceFile(fs: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const file = await fs.open(`${path}.tmp`, 'w', 0o640);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(`${path}.tmp`, path);
  await syncFolder(fs, dirname(path));
}

export async function syncFolder(fs: FileSystem, path: string): Promise<void> {
  const folder = await fs.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

const exists = async (fs: FileSystem, path: string): Promise<boolean> =>
  (await orMissing(fs.stat(path))) !== undefined;

/** `undefined`: there is no such file. */
export async function orMissing<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
