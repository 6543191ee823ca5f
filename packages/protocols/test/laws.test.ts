// Laws over all definitions: what must hold for a device nobody has thought of yet.

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exchangeOfRecord } from '../src/asking.ts';
import { describeField } from '../src/catalogue.ts';
import type { Computed, RecordDefinition } from '../src/device.ts';
import { definitions } from '../src/devices/index.ts';
import { decimalsOf, decodeField, type Field } from '../src/field.ts';
import { deviceKinds } from '../src/kinds.ts';
import { registersAt } from '../src/registers.ts';
import { vectorFiles, vectorsOf } from './vectors.ts';
import { vocabulary, vocabularyField, wordsOf } from './vocabulary.ts';

const namePattern = /^[a-z][a-z0-9_-]*$/;

/** Payload types are the families' own: here fields are only looked at. */
const records = definitions.flatMap((definition) =>
  Object.entries(definition.records).map(([name, record]) => ({
    title: `${definition.id} ${name}`,
    id: definition.id,
    name,
    record: record as RecordDefinition<never>,
  })),
);
const fields = records.flatMap(({ title, record }) =>
  Object.entries(record.fields).map(([name, field]) => ({ title: `${title} ${name}`, name, field, record })),
);
const computed: readonly {
  readonly title: string;
  /** Of the records that it is computed for. */
  readonly kinds: readonly string[];
  readonly value: Computed;
}[] = [
  ...records.flatMap(({ title, record: { kind, computed: values = [] } }) =>
    values.map((value) => ({ title: `${title} ${value.field}`, kinds: [kind], value })),
  ),
  ...definitions.flatMap(({ id, ask, records: all }) =>
    (ask?.computed ?? []).map((value) => ({
      title: `${id} ${value.field}`,
      kinds: Object.values(all).map(({ kind }) => kind),
      value,
    })),
  ),
];

describe('names', () => {
  test('ids are unique and plain', () => {
    const ids = definitions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !namePattern.test(id))).toEqual([]);
    expect(fields.filter(({ name }) => !namePattern.test(name))).toEqual([]);
  });

  test('every definition and record is a family and record of the vocabulary, of its device kind', () => {
    const kinds = records.map(({ id, name, record }) => [id, name, record.kind]);
    const agreed = definitions.flatMap(({ id }) =>
      Object.entries(vocabulary.records[id] ?? {}).map(([name, { device_kind }]) => [id, name, device_kind]),
    );
    expect(kinds.sort()).toEqual(agreed.sort());
  });

  test('the list of devices has every definition that a file or folder of devices/ exports', async () => {
    const folder = new URL('../src/devices/', import.meta.url);
    const modules = readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== 'index.ts')
      .map((entry) => new URL(entry.isDirectory() ? `${entry.name}/index.ts` : entry.name, folder));
    const exported = await Promise.all(
      modules.map(async (module) => Object.values(await import(module.href))),
    );
    const isDefinition = (value: unknown) => typeof value === 'object' && value !== null && 'media' in value;
    expect(new Set(definitions)).toEqual(new Set(exported.flat().filter(isDefinition)));
  });
});

describe('vectors', () => {
  test.each(records)('$title has some', ({ id, name }) => {
    const shown = vectorsOf(id).flatMap(({ record, readings = [] }) => [
      record,
      ...readings.map((r) => r.record),
    ]);
    expect(shown).toContain(name);
  });

  test('belong to a definition', () => {
    const ids = [...definitions.map(({ id }) => id), 'vocabulary'];
    expect(vectorFiles.filter((file) => !ids.includes(file))).toEqual([]);
  });
});

describe('every field', () => {
  test.each(fields)('$title has the kind, unit and meaning of the vocabulary', ({ name, field, record }) => {
    const { kind, unit, problem, device_kinds } = vocabularyField(name) ?? { device_kinds: [] };
    expect({ kind: field.kind, unit: field.unit, problem: field.problem }).toEqual({ kind, unit, problem });
    expect(device_kinds).toContain(record.kind);
  });

  test.each(fields.filter(({ field }) => field.codes !== undefined))(
    '$title uses only words of the vocabulary',
    ({ name, field }) => {
      const words = wordsOf(name);
      const known = (word: string) =>
        words.includes(word) ||
        words.includes(word.replace(/\d+/, '{n}')) ||
        // An error that is none, also where the codes of the errors are not published.
        (word === 'none' && field.problem === true);
      expect(Object.values(field.codes ?? {}).filter((word) => !known(word))).toEqual([]);
    },
  );

  test.each(computed)('$title is computed as the vocabulary lists it', ({ value, kinds }) => {
    const { kind, unit, device_kinds } = vocabularyField(value.field) ?? { device_kinds: [] };
    expect({ kind: value.kind, unit: value.unit }).toEqual({ kind, unit });
    for (const deviceKind of kinds) expect(device_kinds).toContain(deviceKind);
    expect(Object.values(vocabulary.computed).flatMap((list) => Object.keys(list))).toContain(value.field);
  });

  test('has one description by its name alone', () => {
    for (const { name, field } of fields) {
      const { kind, unit, problem } = field;
      expect(describeField(name), name).toEqual({
        kind,
        ...(unit ? { unit } : {}),
        ...(problem ? { problem } : {}),
      });
    }
  });

  test('of volts and amperes is no finer than the product of the two is computed', () => {
    const finer = fields.filter(
      ({ name, field }) => /^battery_(voltage|current)$/.test(name) && decimalsOf(field.scale ?? 1) > 3,
    );
    expect(finer).toEqual([]);
  });
});

describe('sentinels', () => {
  const withSentinel = fields.flatMap(({ title, name, field }) =>
    field.na.map((na) => ({ title: `${title} ${na}`, name, field, na })),
  );

  test.each(withSentinel)('$title in its place gives null', ({ field, na }) => {
    expect(decodeField(field as Field<unknown>, payloadWith(field, na))).toBeNull();
  });

  test.each(fields.filter(({ field }) => field.where.span !== undefined))(
    '$title beyond the payload gives null',
    ({ field }) => {
      const nothing = field.where.frame === undefined ? new Uint8Array() : new Map();
      expect(decodeField(field as Field<unknown>, nothing)).toBeNull();
    },
  );
});

/** More than any record has. */
const payloadBytes = 300;
const columnsMax = 64;

/** A payload, all other bits set, or a block or line of text, in which the raw value stands at the field's place. */
function payloadWith({ where }: Field<never>, raw: number): unknown {
  const { write, labels, column, register, frame } = where as Field<unknown>['where'];
  if (register !== undefined) return registersWith(where, raw, register);
  if (column !== undefined) {
    const { index, from = 0 } = column;
    return Array.from(
      { length: columnsMax },
      (_, at) => (at === index ? '1'.repeat(from) : '') + String(raw),
    );
  }
  if (labels !== undefined) return new Map(labels.map((label) => [label, String(raw)]));
  const data = new Uint8Array(payloadBytes).fill(0xff);
  const payload = frame === undefined ? data : new Map([[frame, data]]);
  if (write === undefined) throw new Error(`${where.text} cannot be written`);
  write(payload, raw);
  return payload;
}

/** The registers of a field, in which its raw value stands at its bits. */
function registersWith(
  { span }: Field<never>['where'],
  raw: number,
  { address, words }: { readonly address: number; readonly words: number },
): Uint8Array {
  const { from = 0, width = 0 } = span ?? {};
  const bits = [...'1'.repeat(16 * words)];
  bits.splice(from - 16 * address, width, ...raw.toString(2).padStart(width, '0'));
  const data = (bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return registersAt(address, Uint8Array.from(data));
}

describe('places', () => {
  /** Fields that share a place on purpose. */
  const shared: readonly (readonly [record: string, fields: readonly string[]])[] = [
    // One mask, other bits.
    ['victron-ble 0x05', ['alarms', 'warnings']],
    ['victron-ble 0x05', ['cells_under_range', 'cells_over_range']],
    ['can-dyness module', ['protections', 'warnings', 'faults']],
    // Which, and whether any.
    ['can-pytes native', ['cells_balancing', 'balancing']],
    // One mask of pairs: 2 warns, 3 alarms.
    ['victron-ble 0x0A', ['warnings', 'alarms']],
    // A mode beside it decides which one the value is.
    ['victron-ble 0x02', ['starter_battery_voltage', 'battery_midpoint_voltage', 'battery_temperature']],
    ['victron-ble 0x0D', ['starter_battery_voltage', 'external_temperature']],
  ];
  const isShared = (title: string, pair: readonly string[]): boolean =>
    shared.some(([record, names]) => record === title && pair.every((name) => names.includes(name)));

  test.each(records)('of $title do not overlap, unless one is a part of the other', ({ title, record }) => {
    const overlapping: string[][] = [];
    const list = Object.entries(record.fields);
    for (const [index, [name, one]] of list.entries())
      for (const [other, two] of list.slice(index + 1))
        if (overlap(one, two) && !isShared(title, [name, other])) overlapping.push([name, other]);
    expect(overlapping).toEqual([]);
  });

  test('that are written can be read, and nothing beside them changes', () => {
    for (const { title, field } of fields) {
      const { write, read, span, signBits, frame } = field.where as Field<unknown>['where'];
      if (write === undefined || span === undefined) continue;
      expect(signBits ?? span.width, title).toBe(span.width);
      for (const background of [0x00, 0xff]) {
        const data = new Uint8Array(payloadBytes).fill(background);
        const payload = frame === undefined ? data : new Map([[frame, data]]);
        const raw = Math.floor(2 ** span.width * 0.6180339887);
        write(payload, raw);
        expect(read(payload), title).toBe(raw);
        write(payload, background === 0 ? 0 : 2 ** span.width - 1);
        expect(data, title).toEqual(new Uint8Array(payloadBytes).fill(background));
      }
    }
  });
});

/** Two masks of the same bits overlap; a bit or cell that lies wholly inside the other's bits is a part of it. */
function overlap({ where: a }: Field<never>, { where: b }: Field<never>): boolean {
  if (a.labels !== undefined || b.labels !== undefined)
    return (a.labels ?? []).some((label) => b.labels?.includes(label));
  if (a.column !== undefined && b.column !== undefined) return overlapInColumn(a.column, b.column);
  if (a.span === undefined || b.span === undefined || a.frame !== b.frame) return false;
  const [outer, inner] = a.span.width >= b.span.width ? [a.span, b.span] : [b.span, a.span];
  const innerEnd = inner.from + inner.width;
  const outerEnd = outer.from + outer.width;
  const apart = innerEnd <= outer.from || outerEnd <= inner.from;
  const part = inner.from >= outer.from && innerEnd <= outerEnd && inner.width < outer.width;
  return !apart && !part;
}

function overlapInColumn(
  a: NonNullable<Field<never>['where']['column']>,
  b: NonNullable<Field<never>['where']['column']>,
): boolean {
  const end = ({ from = 0, width = Number.POSITIVE_INFINITY }: typeof a) => from + width;
  return a.index === b.index && (a.from ?? 0) < end(b) && (b.from ?? 0) < end(a);
}

describe('a device that is asked', () => {
  const asked = definitions.filter(({ ask }) => ask !== undefined);

  test.each(asked)(
    '$id has a record that each poll asks and whose silence is noticed',
    ({ records: all }) => {
      const own = Object.values(all).filter((record) => (record.asked ?? record.askedOfParts) !== undefined);
      expect(own.filter(({ turn, optional }) => turn === undefined && !optional)).not.toEqual([]);
    },
  );

  test.each(asked)('$id can be decoded from captured answers of every record', ({ records: all }) => {
    const lost = Object.entries(all).filter(
      ([name, record]) =>
        exchangeOfRecord(record, undefined) === undefined &&
        // What another record's request is answered with.
        !Object.values(all).some(({ recordOf }) => recordOf !== undefined && name in all),
    );
    expect(lost.map(([name]) => name)).toEqual([]);
  });
});

describe('device kinds', () => {
  test('are those of the vocabulary', () => {
    expect(Object.keys(deviceKinds).sort()).toEqual(Object.keys(vocabulary.device_kinds).sort());
  });

  test.each(Object.entries(deviceKinds))(
    '%s names only fields that its devices can have',
    (kind, declared) => {
      const { lead, flows, solarEnergyToday } = declared as (typeof deviceKinds)['solar_charger'];
      const named = [
        ...lead,
        ...flows.map(({ field }) => field),
        ...(solarEnergyToday ? [solarEnergyToday] : []),
      ];
      expect(named.filter((name) => !vocabularyField(name)?.device_kinds.includes(kind))).toEqual([]);
      expect(flows.filter(({ field }) => vocabularyField(field)?.unit !== 'W')).toEqual([]);
    },
  );
});
