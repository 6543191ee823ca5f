// What the files sinks have written, read without the bridge's code.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Columns } from './stores.ts';

/** Of every device, across its days. */
export function readFiles(disk: string, format: 'csv' | 'jsonl', field: string): Columns {
  const columns = new Map<string, (readonly [number, unknown])[]>();
  const folder = join(disk, format);
  for (const path of globSync(`*/*.${format}{,.gz}`, { cwd: folder }).toSorted()) {
    const bytes = readFileSync(join(folder, path));
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    const rows = format === 'csv' ? csvRows(lines, field) : jsonRows(lines, field);
    const device = /charger-\d+/.exec(dirname(path))?.[0] ?? dirname(path);
    columns.set(device, [...(columns.get(device) ?? []), ...rows]);
  }
  return columns;
}

const jsonRows = (lines: readonly string[], field: string): (readonly [number, unknown])[] =>
  lines.map((line) => {
    const row: { [column: string]: unknown } = JSON.parse(line);
    return [Number(row['time']), row[field]];
  });

/** No cell of a charger needs quotes. */
function csvRows([head = '', ...lines]: readonly string[], field: string): (readonly [number, unknown])[] {
  const at = head.split(',').indexOf(field);
  return lines.map((line) => {
    const cells = line.split(',');
    const value = cells[at];
    const number = Number(value);
    return [Date.parse(cells[0] ?? ''), Number.isNaN(number) ? value : number];
  });
}
