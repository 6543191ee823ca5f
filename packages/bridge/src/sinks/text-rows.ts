// Rows of a day's file as text: CSV with a first line of names, or JSON lines. One row is one line, known by its time.

import type { Point } from './sink.ts';

/** Cells by column, as they stand in the file. */
export type Cells = ReadonlyMap<string, string>;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<number, Cells>;
  /** Lines that are none of ours. */
  readonly foreign: number;
}

export interface TextFormat {
  readonly extension: 'csv' | 'jsonl';
  cell(value: Point['fields'][string]): string;
  /** The first line of a file, with its break; empty: it has none. */
  head(columns: readonly string[]): string;
  /** A row with its break. */
  line(columns: readonly string[], timeMs: number, cells: Cells): string;
  /** Columns of a file by its first line; `'any'`: rows may have what they like; `undefined`: not our file. */
  columnsOf(firstLine: string): readonly string[] | 'any' | undefined;
  timeOf(line: string): number | undefined;
  /** Whole lines of a file. */
  parse(lines: readonly string[]): Table;
}

const timeColumn = 'time';

/** Other programs may send a field called `time`; exports and stores give it the same other name. */
export const columnName = (field: string): string => (field === timeColumn ? 'time_' : oneLine(field));

const oneLine = (text: string): string => text.replaceAll(/[\r\n\0]+/g, ' ');

export const csvFormat: TextFormat = {
  extension: 'csv',
  cell: (value) => oneLine(String(value)),
  head: (columns) => csvLine([timeColumn, ...columns]),
  line: (columns, timeMs, cells) =>
    csvLine([new Date(timeMs).toISOString(), ...columns.map((column) => cells.get(column) ?? '')]),
  columnsOf: (firstLine) => {
    const [time, ...columns] = csvCells(firstLine);
    return time === timeColumn ? columns : undefined;
  },
  timeOf: (line) => timeOfText(csvCells(line)[0]),
  parse: ([first = '', ...lines]) => {
    const columns = csvFormat.columnsOf(first);
    if (columns === undefined || columns === 'any') {
      return { columns: [], rows: new Map(), foreign: first === '' ? 0 : 1 + lines.length };
    }
    return gather(lines, columns, (line) => {
      const [time, ...cells] = csvCells(line);
      const timeMs = timeOfText(time);
      if (timeMs === undefined || cells.length !== columns.length) return undefined;
      const known = columns.flatMap((column, index): [string, string][] =>
        cells[index] ? [[column, cells[index]]] : [],
      );
      return [timeMs, new Map(known)];
    });
  },
};

export const jsonLinesFormat: TextFormat = {
  extension: 'jsonl',
  cell: (value) => JSON.stringify(value),
  head: () => '',
  line: (_, timeMs, cells) => {
    const members = [...cells].map(([column, cell]) => `,${JSON.stringify(column)}:${cell}`);
    return `{"${timeColumn}":${timeMs}${members.join('')}}\n`;
  },
  columnsOf: () => 'any',
  timeOf: (line) => jsonRow(line)?.[0],
  parse: (lines) => gather(lines, [], jsonRow),
};

type Row = readonly [timeMs: number, cells: Cells];

function gather(
  lines: readonly string[],
  columns: readonly string[],
  rowOf: (line: string) => Row | undefined,
): Table {
  const rows = new Map<number, Cells>();
  const named = new Set(columns);
  let foreign = 0;
  for (const line of lines) {
    const row = rowOf(line);
    if (row === undefined) {
      foreign++;
      continue;
    }
    rows.set(row[0], new Map([...(rows.get(row[0]) ?? []), ...row[1]]));
    for (const column of row[1].keys()) named.add(column);
  }
  return { columns: [...named], rows, foreign };
}

function jsonRow(line: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const { [timeColumn]: timeMs, ...cells }: { [column: string]: unknown } = { ...value };
    if (typeof timeMs !== 'number' || !Number.isInteger(timeMs)) return undefined;
    return [timeMs, new Map(Object.entries(cells).map(([column, cell]) => [column, JSON.stringify(cell)]))];
  } catch {
    return undefined;
  }
}

function timeOfText(text: string | undefined): number | undefined {
  const timeMs = /^[+-]?\d{4,6}-\d\d-\d\dT[\d:.]+Z$/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** RFC 4180, but for the line break. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`;

/** Cells of a line in which no cell has a break. */
const csvCells = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
