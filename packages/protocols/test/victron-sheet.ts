// A second decoder of Victron's records, slow and written from the vendor's tables alone: bits out of one long text,
// names by the vocabulary. Nothing of src is used.

import { naturalBytes, victronLayouts } from './victron-layout.ts';
import { type Mapping, vocabulary } from './vocabulary.ts';

interface Row {
  readonly from: number;
  readonly width: number;
  readonly signed: boolean;
  readonly na: readonly number[];
  readonly step: string;
  readonly name: string;
  readonly offset: number;
  readonly mode?: number;
}

const rowsOf = (text: string): readonly Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [from, width, sign, na = '-', step = '', name = '', ...more] = line.trim().split(' ');
      const mode = more.find((word) => word.startsWith('mode='))?.slice('mode='.length);
      const offset = Number(more.find((word) => !word.includes('=')) ?? 0);
      return {
        ...{ from: Number(from), width: Number(width), signed: sign === 's', step, name, offset },
        na: na === '-' ? [] : na.split(',').map((hex) => Number.parseInt(hex, 16)),
        ...(mode === undefined ? {} : { mode: Number(mode) }),
      };
    });

const layouts = new Map(Object.entries(victronLayouts).map(([record, text]) => [record, rowsOf(text)]));

export const sheetRecords = [...layouts.keys()];

/** Bits of the record's last byte that no row uses. */
export function unusedBitsOf(record: string): number {
  const used = Math.max(...(layouts.get(record) ?? []).map(({ from, width }) => from + width));
  const bits = 8 * (naturalBytes[record] ?? 0) - used;
  return (0xff << (8 - bits)) & 0xff;
}

function bitsOf(payload: Uint8Array, from: number, width: number): number | undefined {
  if (from + width > 8 * payload.length) return undefined;
  const digits = [...payload].reverse().map((byte) => byte.toString(2).padStart(8, '0'));
  const text = digits.join('');
  return Number.parseInt(text.slice(text.length - from - width, text.length - from), 2);
}

type Values = Record<string, unknown>;

/** What the sheet and the vocabulary make of a payload, without what is computed from it. */
export function decodeBySheet(record: string, payload: Uint8Array): Values {
  const values: Values = {};
  for (const row of layouts.get(record) ?? []) {
    if (row.mode !== undefined && bitsOf(payload, 64, 2) !== row.mode) continue;
    const raw = bitsOf(payload, row.from, row.width);
    const mapping = mappingOf(record, row.name);
    if (mapping.bits !== undefined) spreadBits(values, mapping.bits, raw);
    else if (mapping.pairs !== undefined) spreadPairs(values, mapping.pairs, raw);
    else if (row.step === 'cell') putCell(values, mapping.field ?? '', raw);
    else if (mapping.field !== undefined) put(values, row, mapping, mapping.field, raw);
  }
  return values;
}

function mappingOf(record: string, name: string): Mapping {
  const mappings = vocabulary.families['victron-ble']?.[record] ?? {};
  const cell = /^cell(\d)$/.exec(name)?.[1];
  if (cell !== undefined) return { field: `cell_voltage_${cell}` };
  const mapping = mappings[name];
  if (mapping === undefined) throw new Error(`the vocabulary has no ${name} in ${record}`);
  return mapping;
}

function put(values: Values, row: Row, mapping: Mapping, field: string, raw: number | undefined): void {
  values[field] = null;
  if (raw === undefined || row.na.includes(raw)) return;
  const number = row.signed && raw >= 2 ** (row.width - 1) ? raw - 2 ** row.width : raw;
  if (row.step === 'enum')
    values[field] = vocabulary.maps[mapping.map ?? '']?.[String(number)] ?? `unknown_${number}`;
  else if (row.step === 'bits') values[field] = setBits(raw).map((bit) => `unknown_${bit}`);
  else if (row.step === 'tx') values[field] = raw === 1 ? 6 : 0;
  else if (row.step === 'sun') values[field] = 60 * minutesSinceSun(raw);
  else values[field] = decimal((number * Number(row.step) + row.offset) * (mapping.factor ?? 1));
}

const decimal = (number: number): number => Number(number.toFixed(6)) + 0;

function minutesSinceSun(raw: number): number {
  if (raw <= 29) return 2 * raw;
  return raw <= 95 ? 60 + 10 * (raw - 30) : 720 + 30 * (raw - 96);
}

/** A cell at the end of the range has no voltage; cut off with any of them, nobody knows which are at the end. */
function putCell(values: Values, field: string, raw: number | undefined): void {
  const name = field.replace('_voltage', '');
  const among = (list: unknown, here: boolean): unknown => {
    if (raw === undefined || list === null) return null;
    return [...((list ?? []) as string[]), ...(here ? [name] : [])];
  };
  values['cells_under_range'] = among(values['cells_under_range'], raw === 0);
  values['cells_over_range'] = among(values['cells_over_range'], raw === 126);
  const measured = raw !== undefined && raw > 0 && raw < 126;
  values[field] = measured ? decimal(2.6 + raw / 100) : null;
}

function setBits(mask: number): number[] {
  return [...Array(32).keys()].filter((bit) => (BigInt(mask) >> BigInt(bit)) % 2n === 1n);
}

/** Bits of a mask: `alarms.x` is a name in a list, a bare name a flag; a nameless bit is told if it can only be of one list. */
function spreadBits(values: Values, mapName: string, mask: number | undefined): void {
  const map = vocabulary.maps[mapName] ?? {};
  const targets = Object.values(map);
  const lists = new Set(targets.map((target) => target.split('.')[0] ?? ''));
  for (const target of targets) {
    const [field = '', flag] = target.split('.');
    values[field] = mask === undefined ? null : flag === undefined ? false : [];
  }
  if (mask === undefined) return;
  for (const bit of setBits(mask)) {
    const [field = '', flag] = (map[bit] ?? `${lists.size === 1 ? [...lists][0] : ''}.unknown_${bit}`).split(
      '.',
    );
    const list = values[field];
    if (flag === undefined) values[field] = true;
    else if (Array.isArray(list) && !list.includes(flag)) list.push(flag);
  }
}

/** Pairs of bits by their low bit: switches (1 on, 2 and 3 off) or conditions (2 warning, 3 alarm); 0 is not known. */
function spreadPairs(values: Values, mapName: string, mask: number | undefined): void {
  const map = vocabulary.maps[mapName] ?? {};
  const pairAt = (low: number): number => (Number(mask) >> low) & 3;
  if (mapName === 'lynx_io_pairs') {
    for (const [low, field] of Object.entries(map))
      values[field] = mask === undefined || pairAt(Number(low)) === 0 ? null : pairAt(Number(low)) === 1;
    return;
  }
  const lows = [...Array(9).keys()].map((pair) => 2 * pair);
  for (const [field, code] of [
    ['warnings', 2],
    ['alarms', 3],
  ] as const) {
    const names = lows.filter((low) => pairAt(low) === code).map((low) => map[low] ?? `unknown_${low}`);
    values[field] = mask === undefined || mask === 0 ? null : names;
  }
}
