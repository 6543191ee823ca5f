import { expect, test } from 'vitest';
import type { RecordDefinition } from '../src/device.ts';
import { definitions } from '../src/devices/index.ts';
import { decodeField, gauge, type Value, type Values } from '../src/field.ts';
import { decodeRecord } from '../src/record.ts';
import { registersAt } from '../src/registers.ts';
import { createShapes } from '../src/shape.ts';
import { ifLongEnough, u8 } from '../src/where.ts';
import { randomOf } from './random.ts';

/** Each field by itself, in the words of the declaration. */
function expected(record: RecordDefinition<unknown>, payload: unknown): Values {
  const values: Record<string, Value> = {};
  for (const [name, field] of Object.entries(record.fields))
    if (field.where.present?.(payload) !== false) values[name] = decodeField(field, payload);
  for (const { field, from } of record.computed ?? []) {
    const value = from(values);
    if (value !== undefined) values[field] = value;
  }
  return values;
}

type Payloads = (random: (below: number) => number) => unknown;

const bytes = (random: (below: number) => number, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => [0, 0x80, 0xff, random(256)][random(4)] as number);

/** Payloads of the kind that the record's places point into; `undefined`: no bytes and no columns. */
function payloadsOf(record: RecordDefinition<unknown>): Payloads | undefined {
  const places = Object.values(record.fields).map(({ where }) => where);
  const registers = places.flatMap(({ register }) => (register === undefined ? [] : [register.address]));
  if (places.some(({ frame, labels }) => frame !== undefined || labels !== undefined)) return undefined;
  if (places.some(({ column }) => column !== undefined))
    return (random) => {
      const texts = ['0', '12', '12.34', '-0.5', '007', '---', '', 'B', '1010', '+3.'];
      return Array.from({ length: 20 + random(20) }, () => texts[random(texts.length)]);
    };
  if (registers.length > 0)
    return (random) => {
      const first = registers[random(registers.length)] as number;
      const whole = registersAt(Math.min(...registers), bytes(random, 2 * 34));
      return random(3) === 0 ? registersAt(first, bytes(random, 2 * random(6))) : whole;
    };
  return places.some((where) => where.bytes !== undefined)
    ? (random) => bytes(random, random(3) === 0 ? random(60) : 41)
    : undefined;
}

// More often than it takes until an object of these names is made at once.
const rounds = 600;

for (const definition of definitions)
  for (const [name, declared] of Object.entries(definition.records)) {
    const record = declared as RecordDefinition<unknown>;
    const payloads = payloadsOf(record);
    if (payloads === undefined) continue;
    test(`${definition.id} ${name}: all fields together are what each is by itself, in their order`, () => {
      const { below } = randomOf(0x5eed);
      for (let round = 0; round < rounds; round++) {
        const payload = payloads(below);
        const values = decodeRecord(record, payload);
        const wanted = expected(record, payload);
        expect(values).toEqual(wanted);
        expect(Object.keys(values)).toEqual(Object.keys(wanted));
      }
    });
  }

test('what is computed replaces a value of the same name, and each reading is an object of its own', () => {
  const record = {
    fields: { battery_voltage: gauge(u8(0), { unit: 'V' }), battery_power: gauge(u8(1), { unit: 'W' }) },
    computed: [
      {
        field: 'battery_power',
        kind: 'gauge',
        unit: 'W',
        from: ({ battery_power: sent }: Values) => Number(sent) + 1,
      },
    ],
  } as const satisfies Pick<RecordDefinition<Uint8Array>, 'fields' | 'computed'>;
  const all = Array.from({ length: 250 }, (_, index) => decodeRecord(record, Uint8Array.of(1, index)));
  expect(all).toEqual(all.map((_, index) => ({ battery_voltage: 1, battery_power: index + 1 })));
});

test('fields in ever new combinations are decoded all the same when there are more of them than shapes', () => {
  const names = Array.from({ length: 62 }, (_, index) => `field_${index}`);
  const valuesOf = createShapes(names);
  const { below } = randomOf(0x5eed);
  for (let round = 0; round < 4000; round++) {
    const [low, high] = [below(2 ** 31), below(2 ** 31)];
    const told = names.map((name, index) =>
      ((index < 31 ? low : high) >> (index % 31)) & 1 ? name : undefined,
    );
    const present = names.filter((_, index) => told[index] !== undefined);
    expect(valuesOf(low, high, told)).toEqual(Object.fromEntries(present.map((name) => [name, name])));
  }
});

test('a record of more fields than there are bits for is decoded too, each time by the names that it has', () => {
  const fields = Object.fromEntries(
    Array.from({ length: 70 }, (_, index) => [`field_${index}`, gauge(ifLongEnough(u8(index), 'there'), {})]),
  );
  for (let round = 0; round < 300; round++) {
    const length = 60 + (round % 11);
    const values = decodeRecord({ fields }, new Uint8Array(length).fill(7));
    expect(Object.keys(values)).toEqual(Object.keys(fields).slice(0, length));
  }
});

test('a field that a shorter payload may have is read after those that it is too short for', () => {
  const fields = Object.fromEntries(
    [1, 4, 6, 2, 5, 0].map((at) => [`field_${at}`, gauge(ifLongEnough(u8(at), 'there'), {})]),
  );
  const namesAt = (length: number) => Object.keys(decodeRecord({ fields }, new Uint8Array(length)));
  expect(namesAt(3)).toEqual(['field_1', 'field_2', 'field_0']);
  expect(namesAt(5)).toEqual(['field_1', 'field_4', 'field_2', 'field_0']);
  expect(namesAt(1)).toEqual(['field_0']);
});

test('a name that is none of the vocabulary never becomes code', () => {
  const name = 'a: told[0] } }; globalThis.intruded = true; ({ b';
  const valuesOf = createShapes([name]);
  for (let round = 0; round < 200; round++) expect(valuesOf(1, 0, [1])).toEqual({ [name]: 1 });
  expect(Reflect.get(globalThis, 'intruded')).toBeUndefined();
});
