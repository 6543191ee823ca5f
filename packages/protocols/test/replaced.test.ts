// The replaced programs' messages: every example, every name of the vocabulary, and whatever a broken sender makes of them.

import { describe, expect, test } from 'vitest';
import { describeField } from '../src/catalogue.ts';
import type { Value, Values } from '../src/field.ts';
import { type Packed, readMessagePack } from '../src/framing/message-pack.ts';
import { replacedPrograms, translateReplaced } from '../src/replaced/index.ts';
import { randomOf } from './random.ts';
import { file, knowledge, payloadOf, type ReplacedMessage, replacedMessages } from './replaced/messages.ts';
import { vocabulary, vocabularyField, wordsOf } from './vocabulary.ts';

const translate = (topic: string, payload: Uint8Array, known = knowledge) =>
  translateReplaced(topic, payload, Buffer.from(payload).toString(), known);

function expectValues(values: Values, expected: Values): void {
  expect(Object.keys(values).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === 'number') expect(values[name], name).toBeCloseTo(value, 9);
    else expect(values[name], name).toEqual(value);
  }
}

const title = ({ topic, text = 'MessagePack' }: ReplacedMessage) => `${topic} ${text.slice(0, 50)}`;
const titled = replacedMessages.map((message) => [title(message), message] as const);

describe('every example', () => {
  test.each(titled)('%s', (_title, message) => {
    const translation = translate(message.topic, payloadOf(message));
    if (message.ours === null) {
      // A retained one has the values of its like; that it is no reading is for the log to say.
      if (!message.retained_on_delivery) expect(translation).toHaveProperty('state');
      return;
    }
    const { measurement, tags, time_ms, fields } = message.ours;
    if (translation === undefined || !('values' in translation)) throw new Error(JSON.stringify(translation));
    const { record, kind, device, timeMs, values } = translation;
    expect({ record, kind, device }).toEqual({
      record: message.record,
      kind: measurement,
      device: { vendor: tags.vendor, type: tags.type, name: tags.device },
    });
    expect(timeMs ?? 'arrival').toBe(time_ms);
    expectValues(values, fields);
  });

  test('our own publisher of the same format is read where the old program published nothing', () => {
    for (const { topic, ours_json, record } of file.axpert.publish_where_theirs_fails) {
      const translation = translate(topic, Buffer.from(JSON.stringify(ours_json)));
      expect(translation).toMatchObject({ record });
    }
    const [decimal] = file.axpert.publish_where_theirs_fails;
    expect(translate(decimal.topic, Buffer.from(JSON.stringify(decimal.ours_json)))).toMatchObject({
      values: { pv_current_1: 2.7, solar_charger_battery_voltage_1: 0 },
    });
  });

  test('every text of the settings has its word', () => {
    const settings = JSON.parse(
      replacedMessages.find(({ topic }) => topic === 'power/axpert_settings')?.text ?? '',
    );
    for (const [key, texts] of Object.entries(file.axpert.settings_texts)) {
      for (const text of Object.values(texts as Record<string, string>)) {
        const payload = Buffer.from(JSON.stringify({ ...settings, [key]: text }));
        const translation = translate('power/axpert_settings', payload);
        if (translation === undefined || !('values' in translation)) throw new Error(`${key} ${text}`);
        expect(Object.values(translation.values).filter((value) => /^unknown_/.test(String(value)))).toEqual(
          [],
        );
      }
    }
  });
});

describe('the tables', () => {
  const records = Object.entries(replacedPrograms.records);
  const named = records.flatMap(([record, { fields }]) =>
    Object.entries(fields).map(([name, field]) => ({ title: `${record} ${name}`, record, name, field })),
  );

  test.each(named)('$title has the kind, unit and words of the vocabulary', ({ name, field }) => {
    const agreed = vocabularyField(name);
    expect(agreed).toBeDefined();
    expect(field.kind).toBe(agreed?.kind);
    expect(field.unit ?? '').toBe(agreed?.unit ?? '');
    expect(field.problem).toBe(agreed?.problem);
    if (field.kind !== 'state' && field.kind !== 'flags') return;
    const words = wordsOf(name);
    const mine = Object.values(field.codes ?? {}).filter((word) => !/^cell_\d+$/.test(word));
    expect(mine.filter((word) => !words.includes(word))).toEqual([]);
  });

  test.each(records.map(([record, definition]) => [record, definition] as const))(
    '%s takes every name that the vocabulary maps, to the field that it says',
    (record, { kind, fields }) => {
      expect(kind).toBe(vocabulary.records['legacy-mqtt']?.[record]?.device_kind);
      const wrong = Object.entries(vocabulary.families['legacy-mqtt']?.[record] ?? {}).flatMap(
        ([theirs, { field }]) => {
          if (field === undefined || theirs.includes('.battery_status')) return [];
          const ours = field.replace('{n}', '1');
          const key = theirs.replace(/\[\]$/, '[0]');
          const labels = fields[ours]?.where.labels ?? [];
          return labels.includes(key) ? [] : [`${theirs} → ${field}`];
        },
      );
      expect(wrong).toEqual([]);
    },
  );

  test('are in the catalogue', () => {
    expect(describeField('setting_absorption_time')).toMatchObject({ kind: 'gauge', unit: 's' });
    expect(describeField('load_energy_total')).toMatchObject({ kind: 'counter', unit: 'Wh' });
  });
});

describe('what does not fit is none of theirs, and said', () => {
  const unfit = (topic: string, text: string, known = knowledge) =>
    translate(topic, Buffer.from(text), known);

  test.each([
    ['bluetti/state/AC300-1/total_battery_percent', '81 %', 'a number was expected'],
    ['bluetti/state/AC300-1/ac_output_on', 'on', 'ON or OFF was expected'],
    ['bluetti/state/AC300-1/colour', '3', 'no field "colour"'],
    ['power/axpert_settings', '{"BatteryVoltage":48.0}', 'BatteryRechargeVoltage was expected'],
    ['power/axpert', '{"BatteryVoltage":48.0}', 'SerialNumber'],
    ['JBD_BMS/1/msgpack', 'hello', 'no MessagePack'],
    ['son-yskasteTV/inverter', 'NAK', '"NAK" in column 1'],
    ['son-yskasteTV/inverter', '237.0 49.9 230.1 50.0 0989 0907 019 401 51.8(237.0 49.9', 'in column 9'],
    ['victron/Porch/Voltage', '13.2', 'replaced_programs.victron_devices: { Porch: smartshunt }'],
  ])('%s %s', (topic, text, why) => {
    expect(unfit(topic, text)).toEqual({ unfit: expect.stringContaining(why) });
  });

  test('settings wait until the inverter has been named', () => {
    const settings = replacedMessages.find(({ topic }) => topic === 'power/axpert_settings')?.text ?? '';
    expect(unfit('power/axpert_settings', settings, { ...knowledge, axpertUnit: undefined })).toEqual({
      unfit: expect.stringContaining('power/axpert'),
    });
  });

  test('flat JSON of others on these topics is left to others', () => {
    expect(unfit('victron/shed/pump', '{"charge_state":"bulk","battery_voltage":13.2}')).toBeUndefined();
    expect(
      unfit('victron/shed/pump', '{"charge_state":"BULK","battery_voltage":13.2,"pump":1}'),
    ).toBeUndefined();
    expect(unfit('power/meter', '{"watts":3}')).toBeUndefined();
  });

  test('a serial number longer than a number can hold keeps every digit', () => {
    const text = '{"SerialNumber": 92932004102443123456,"BatteryVoltage": 51.8}';
    expect(unfit('power/axpert', text)).toMatchObject({
      device: { name: '92932004102443123456' },
      values: { serial_number: '92932004102443123456' },
    });
  });

  test('numbers of a device that is no solar charger are doubted', () => {
    const [{ text = '' } = {}] = replacedMessages;
    expect(unfit('victron/smartshunt/HQ1', text)).toMatchObject({
      doubt: expect.stringContaining('smartshunt'),
    });
    expect(unfit('victron/roof/HQ1', text)).not.toHaveProperty('doubt');
  });

  test('Mode and InverterStatus of the fork', () => {
    const text = '{"Mode":"grid","InverterStatus":"10101010","SerialNumber":"AB12","BatteryVoltage":51.8}';
    expect(unfit('power/axpert', text)).toMatchObject({
      values: {
        device_state: 'line',
        solar_charger_ok: true,
        charging_from_ac: false,
        charging_from_pv: true,
        battery_condition: 'under_voltage',
        ac_input_lost: false,
        ac_output_on: true,
        settings_changed: false,
      },
    });
  });
});

describe('MessagePack', () => {
  test.each([
    ['a cut map', '81a1'],
    ['bytes behind it', '0101'],
    ['a key that is no text', '810101'],
    ['a key twice', '82a16101a16102'],
    ['a list longer than the bytes', 'ddffffffff'],
    ['an extension of its own', 'd60100000000'],
    ['binary', 'c40100'],
    ['no UTF-8', 'a1ff'],
    ['a number beyond 2^53', 'cfffffffffffffffff'],
    ['lists without end', '91'.repeat(40)],
  ])('%s is refused', (_what, hex) => {
    expect(() => readMessagePack(Buffer.from(hex, 'hex'))).toThrow('no MessagePack');
  });

  test('every width of a number', () => {
    const hex =
      '9e7fe0ccffcdffffceffffffffcf0000000100000000d080d18000d280000000d3ffffffff00000000ca3fc00000cb3ff8000000000000c0c3';
    expect(readMessagePack(Buffer.from(hex, 'hex'))).toEqual([
      ...[127, -32, 255, 65_535, 4_294_967_295, 4_294_967_296, -128, -32_768, -2_147_483_648],
      ...[-4_294_967_296, 1.5, 1.5, null, true],
    ]);
  });
});

/** Numbers that stand in a message, as far as a person could read them there. */
function numbersIn(payload: Uint8Array): ReadonlySet<number> {
  const written =
    Buffer.from(payload)
      .toString()
      .match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];
  return new Set(written.map(Number));
}

const numbersPacked = (packed: Packed): ReadonlySet<number> => {
  if (packed instanceof Map) return new Set([...packed.values()].flatMap((each) => [...numbersPacked(each)]));
  if (Array.isArray(packed)) return new Set(packed.flatMap((each: Packed) => [...numbersPacked(each)]));
  return new Set(typeof packed === 'number' ? [packed] : []);
};

describe('random changes of every example', () => {
  const seed = Number.parseInt(process.env['SEED'] ?? '20261124', 10);
  const mutate = (payload: Uint8Array, random: ReturnType<typeof randomOf>): Uint8Array => {
    const bytes = [...payload];
    for (let count = random.below(3) + 1; count > 0; count--) {
      const at = random.below(bytes.length + 1);
      const how = random.below(4);
      if (how === 0) bytes[at] = random.below(256);
      else if (how === 1) bytes.splice(at, random.below(8));
      else if (how === 2) bytes.splice(at, 0, ...random.bytes(random.below(4)));
      else bytes.splice(at, 0, ...bytes.slice(at, at + random.below(30)));
    }
    return Uint8Array.from(bytes);
  };

  test.each(titled)('%s: never an exception, never a number that was not there', (_title, message) => {
    const random = randomOf(seed);
    for (let round = 0; round < 2_000; round++) {
      const payload = mutate(payloadOf(message), random);
      const translation = translate(message.topic, payload);
      if (translation === undefined || !('values' in translation)) continue;
      const there = message.text === undefined ? numbersPacked(readMessagePack(payload)) : numbersIn(payload);
      const made = Object.entries(translation.values).filter(([name, value]) => !isFrom(name, value, there));
      expect(made, `seed ${seed}, ${Buffer.from(payload)}`).toEqual([]);
    }
  });
});

const computed = /^(?:battery_power|battery_current|pv_power|cell_voltage_(?:min|max|difference))$/;
/** As sent, in minutes, kWh, days, or steps of tenths to thousandths. */
const factors = [1, 60, 1000, 86_400, 0.1, 0.01, 0.001];
/** A byte whose bit 7 is the sign; tenths of a kelvin. */
const isTemperature = (sent: number, value: number): boolean =>
  128 - sent === value || Math.abs(sent * 0.1 - 273.1 - value) < 1e-6;

const isFrom = (name: string, value: Value, there: ReadonlySet<number>): boolean =>
  typeof value !== 'number' ||
  computed.test(name) ||
  [...there].some(
    (sent) =>
      factors.some((factor) => Math.abs(sent * factor - value) < 1e-9 * Math.max(1, Math.abs(value))) ||
      (name.includes('temperature') && isTemperature(sent, value)),
  );
