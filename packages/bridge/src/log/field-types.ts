// The types of fields that no definition describes: the first value of a field gives it its type for good, so that a
// database can keep it. A value of another type is left out of its reading, kept here as the newest of its kind, and
// counted; the message has it as it came. Fields of the vocabulary have their type from the beginning.

import type { DatabaseSync } from 'node:sqlite';
import { describeField, type FieldKind, type Value, type Values } from '@wattline/protocols';

const types = ['number', 'text', 'yes_or_no', 'list'] as const;
export type FieldType = (typeof types)[number];

export interface TypeConflict {
  readonly series: number;
  readonly field: string;
  readonly type: FieldType;
  readonly count: number;
  /** The newest value that does not fit, as JSON, and when it came. */
  readonly value: string;
  readonly receivedMs: number;
}

export interface FieldTypes {
  /** Names of the values that do not fit; remembers them, and what is new. Call inside the transaction. */
  misfits(series: number, values: Values, receivedMs: number): readonly Misfit[];
  /** The newest first. */
  conflicts(limit: number): readonly TypeConflict[];
  save(): void;
  reload(): void;
}

export interface Misfit {
  readonly field: string;
  readonly why: string;
  /** For the first time. */
  readonly isNew: boolean;
}

interface Known {
  readonly type: FieldType;
  count: number;
  value: string;
  receivedMs: number;
}

type KnownValue = Exclude<Value, null>;

const fieldsOfSeriesMax = 2_000;
const fieldsMax = 200_000;
const valueLengthKept = 200;
const none: readonly Misfit[] = [];

const typeOfKind: { readonly [Kind in FieldKind]: FieldType } = {
  gauge: 'number',
  counter: 'number',
  state: 'text',
  info: 'text',
  flag: 'yes_or_no',
  flags: 'list',
};

function typeOf(value: KnownValue): FieldType {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'yes_or_no' : 'list';
}

export function openFieldTypes(database: DatabaseSync): FieldTypes {
  const select = database.prepare('SELECT * FROM log_field');
  const upsert = database.prepare('INSERT OR REPLACE INTO log_field VALUES (?, ?, ?, ?, ?, ?)');
  const series = new Map<number, Map<string, Known>>();
  const changed = new Map<Known, readonly [series: number, field: string]>();
  let total = 0;

  const fieldsOf = (id: number): Map<string, Known> => {
    const fields = series.get(id) ?? new Map<string, Known>();
    series.set(id, fields);
    return fields;
  };
  const reload = (): void => {
    series.clear();
    changed.clear();
    total = 0;
    for (const row of select.iterate()) {
      const type = types.find((name) => name === row['type']);
      if (type === undefined) continue;
      const [count, value] = [Number(row['conflicts']), String(row['value'])];
      const known: Known = { type, count, value, receivedMs: Number(row['received_ms']) };
      fieldsOf(Number(row['series'])).set(String(row['field']), known);
      total++;
    }
  };
  reload();

  const learn = (id: number, field: string, value: KnownValue): Known | undefined => {
    const fields = fieldsOf(id);
    if (fields.size >= fieldsOfSeriesMax || total >= fieldsMax) return undefined;
    const described = describeField(field);
    const type = described === undefined ? typeOf(value) : typeOfKind[described.kind];
    const known = { type, count: 0, value: '', receivedMs: 0 };
    fields.set(field, known);
    total++;
    changed.set(known, [id, field]);
    return known;
  };

  const misfit = (id: number, field: string, value: KnownValue, receivedMs: number): Misfit | undefined => {
    const known = series.get(id)?.get(field) ?? learn(id, field, value);
    const came = typeOf(value);
    if (known?.type === came) return undefined;
    if (known === undefined) return { field, why: 'there are too many fields', isNew: false };
    known.count++;
    known.value = JSON.stringify(value).slice(0, valueLengthKept);
    known.receivedMs = receivedMs;
    changed.set(known, [id, field]);
    const why = `${shown[known.type]} was expected, ${shown[came]} came`;
    return { field, why, isNew: known.count === 1 };
  };

  return {
    misfits: (id, values, receivedMs) => collect(misfit, id, values, receivedMs),
    conflicts: (limit) =>
      [...series]
        .flatMap(([id, fields]) => [...fields].map(([field, known]) => ({ series: id, field, ...known })))
        .filter(({ count }) => count > 0)
        .toSorted((a, b) => b.receivedMs - a.receivedMs)
        .slice(0, limit),
    save: () => {
      for (const [{ type, count, value, receivedMs }, [id, field]] of changed)
        upsert.run(id, field, type, count, value, receivedMs);
      changed.clear();
    },
    reload,
  };
}

/** On the way of every reading, and hardly one has a misfit: nothing is made where there is none. */
function collect(
  misfit: (id: number, field: string, value: KnownValue, receivedMs: number) => Misfit | undefined,
  id: number,
  values: Values,
  receivedMs: number,
): readonly Misfit[] {
  let found: Misfit[] | undefined;
  for (const field in values) {
    const value = values[field];
    const one = value === null || value === undefined ? undefined : misfit(id, field, value, receivedMs);
    if (one === undefined) continue;
    found ??= [];
    found.push(one);
  }
  return found ?? none;
}

const shown: { readonly [Type in FieldType]: string } = {
  number: 'a number',
  text: 'a text',
  yes_or_no: 'true or false',
  list: 'a list',
};
