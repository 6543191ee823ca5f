// Ten thousand random answers of each Modbus family against its printed table of registers, read by a decoder of its own:
// nothing of src is used to say what is expected. The vocabulary says which field a name of the table is.

import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import { randomOf } from './random.ts';
import { type Mapping, vocabulary } from './vocabulary.ts';

interface Sheet {
  readonly family: string;
  readonly record: string;
  /** unit, first register, registers. */
  readonly read: readonly [number, number, number];
  /** Register, form, what one step is worth, name. */
  readonly rows: string;
}

const sheets: readonly Sheet[] = [
  {
    family: 'litime-mppt',
    record: 'status',
    read: [1, 0x0101, 19],
    rows: `
      0101 word 1 soc_pct
      0102 word 0.1 battery_voltage_V
      0103 word 0.01 charge_current_A
      0104 word 1 charge_power_W
      0105 high-temperature-or-ff 1 controller_temp_C
      0105 low-temperature-or-ff 1 battery_temp_C
      0106 word 0.1 load_voltage_V
      0107 word 0.01 load_current_A
      0108 word 1 load_power_raw
      0109 word 0.1 pv_voltage_V
      010A word 1 max_charge_power_today_W
      010B word 1 charge_energy_today_Wh
      010C word 1 discharge_energy_today_Wh
      010D top-bit 1 load_on
      010D low 1 charge_state
      010E mask 1 alarm_mask
      010F word 1 running_days
      0110 long 1 charge_energy_total_Wh
      0112 long 1 discharge_energy_total_Wh`,
  },
  {
    family: 'litime-mppt',
    record: 'rating',
    read: [1, 0x000a, 11],
    rows: `
      000A high 1 rated_charge_current_A
      000A low 1 rated_discharge_current_A
      000C text 8 model
      0014 hundredths 1 revision`,
  },
  {
    family: 'renogy-controller',
    record: 'status',
    read: [0xff, 0x0100, 34],
    rows: `
      0100 word 1 soc_pct
      0101 word 0.1 battery_voltage_V
      0102 word 0.01 charge_current_A
      0103 high-temperature 1 controller_temp_C
      0103 low-temperature 1 battery_temp_C
      0104 word 0.1 load_voltage_V
      0105 word 0.01 load_current_A
      0106 word 1 load_power_W
      0107 word 0.1 pv_voltage_V
      0108 word 0.01 pv_current_A
      0109 word 1 pv_power_W
      010B word 0.1 battery_voltage_min_today_V
      010C word 0.1 battery_voltage_max_today_V
      010D word 0.01 max_charge_current_today_A
      010E word 0.01 max_discharge_current_today_A
      010F word 1 max_charge_power_today_W
      0110 word 1 max_discharge_power_today_W
      0111 word 1 charge_today_Ah
      0112 word 1 discharge_today_Ah
      0113 word 1 generation_today_Wh
      0114 word 1 consumption_today_Wh
      0115 word 1 operating_days
      0116 word 1 over_discharges
      0117 word 1 full_charges
      0118 long 1 charge_total_Ah
      011A long 1 discharge_total_Ah
      011C long 1 generation_total_Wh
      011E long 1 consumption_total_Wh
      0120 top-bit 1 load_on
      0120 brightness 1 load_brightness_pct
      0120 low 1 charge_state
      0121 high-of-mask 1 fault_mask`,
  },
  {
    family: 'renogy-controller',
    record: 'status',
    read: [0xff, 0xe002, 1],
    rows: 'E002 word 1 battery_capacity_Ah',
  },
  {
    family: 'renogy-controller',
    record: 'status',
    read: [0xff, 0xe004, 1],
    rows: 'E004 word 1 battery_type',
  },
];

/** The value of one row by the printed table, before the vocabulary's factor. */
function printed(data: DataView, at: number, form: string, step: number): unknown {
  const temperature = (byte: number) => (byte > 127 ? 0 - (byte - 128) : byte);
  const orNone = (byte: number) => (byte === 255 ? null : temperature(byte));
  switch (form) {
    case 'word':
      return Number((data.getUint16(at) * step).toFixed(2));
    case 'long':
      return data.getUint32(at);
    case 'high':
      return data.getUint8(at);
    case 'low':
      return data.getUint8(at + 1);
    case 'high-temperature':
      return temperature(data.getUint8(at));
    case 'low-temperature':
      return temperature(data.getUint8(at + 1));
    case 'high-temperature-or-ff':
      return orNone(data.getUint8(at));
    case 'low-temperature-or-ff':
      return orNone(data.getUint8(at + 1));
    case 'top-bit':
      return data.getUint8(at) >= 0x80;
    case 'brightness':
      return data.getUint8(at) % 128;
    case 'mask':
      return bitsIn(data.getUint16(at));
    case 'high-of-mask':
      return bitsIn(data.getUint16(at)).map((bit) => bit + 16);
    case 'hundredths':
      return (data.getUint16(at) / 100).toFixed(2);
    default:
      return textAt(data, at, 2 * step);
  }
}

const bitsIn = (mask: number): number[] =>
  Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => Math.floor(mask / 2 ** bit) % 2 === 1);

function textAt(data: DataView, at: number, length: number): string | null {
  const bytes = Array.from({ length }, (_, index) => data.getUint8(at + index));
  const printable = bytes.map((byte) =>
    byte === 0 ? '\0' : byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '?',
  );
  const text = printable
    .join('')
    .replace(/^[ \0]+|[ \0]+$/g, '')
    .replaceAll('\0', '?');
  return text === '' ? null : text;
}

function published(value: unknown, { field = '', factor, map, bits }: Mapping): [string, unknown][] {
  if (Array.isArray(value) && bits === undefined) return [[field, value.map((bit) => `unknown_${bit}`)]];
  if (Array.isArray(value)) {
    const names = Object.entries(vocabulary.maps[bits ?? ''] ?? {}).sort(([a], [b]) => Number(a) - Number(b));
    const targets = new Map<string, string[]>(names.map(([, name]) => [name.split('.')[0] ?? '', []]));
    for (const [bit, name] of names)
      if (value.includes(Number(bit))) targets.get(name.split('.')[0] ?? '')?.push(name.split('.')[1] ?? '');
    return [...targets];
  }
  if (map !== undefined) return [[field, vocabulary.maps[map]?.[String(value)] ?? `unknown_${value}`]];
  return [[field, factor === undefined ? value : Number(value) * factor]];
}

/** Bit by bit, as the specification draws it. */
function withCrc(bytes: readonly number[]): string {
  let crc = 0xffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc % 2) ^ ((byte >> bit) & 1);
      crc = Math.floor(crc / 2) ^ (carry ? 0xa001 : 0);
    }
  return Buffer.from([...bytes, crc % 256, Math.floor(crc / 256)]).toString('hex');
}

describe.each(sheets)('$family $record', ({ family, record, read: [unit, first, words], rows }) => {
  const table = rows
    .trim()
    .split('\n')
    .map((row) => {
      const [address = '', form = '', step = '', name = ''] = row.trim().split(' ');
      const mapping = vocabulary.families[family]?.[record]?.[name];
      if (mapping === undefined) throw new Error(`${name} is no name of ${family} ${record}`);
      return { at: 2 * (Number.parseInt(address, 16) - first), form, step: Number(step), mapping };
    });
  const request = withCrc([unit, 3, first >> 8, first & 0xff, 0, words]);

  test('decodes every payload as the table says, and no changed one', () => {
    const random = randomOf(4711);
    for (let count = 0; count < 10_000; count++) {
      const bytes = random.bytes(2 * words);
      const data = new DataView(bytes.buffer);
      const expected = table.flatMap(({ at, form, step, mapping }) =>
        published(printed(data, at, form, step), mapping),
      );
      const answer = withCrc([unit, 3, 2 * words, ...bytes]);
      const decoded = decodeRequest({ id: count, definition: family, request, bytes: answer });
      expect(decoded).toEqual({
        id: count,
        definition: family,
        record,
        values: Object.fromEntries(expected),
      });
      const changed = Buffer.from(answer, 'hex');
      const place = random.below(changed.length);
      changed[place] = (changed[place] ?? 0) ^ (1 + random.below(255));
      expect(decodeRequest({ definition: family, request, bytes: changed.toString('hex') })).toHaveProperty(
        'error',
      );
    }
  });
});
