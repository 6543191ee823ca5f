// JBD, register 03: basic information. JBD communication protocol V11, section 03; the nine bytes after the temperatures
// come from newer firmware only.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, each, flag, flags, gauge, info } from '../../field.ts';
import { readJbd } from '../../framing/jbd.ts';
import { type BytesWhere, bitsOf, i16be, only, u8, u16be, type Where } from '../../where.ts';
import { cellNames } from '../cells.ts';
import { jbdProtections, jbdWarnings } from './conditions.ts';

const temperaturesMax = 8;
const temperaturesFrom = 23;
const largeUnit = 0x80;

const temperatureCount = (payload: Uint8Array): number => payload[22] ?? 0;
const tailFrom = (payload: Uint8Array): number => temperaturesFrom + 2 * temperatureCount(payload);

/** A current or capacity, in the unit that the board says. */
function inUnit(where: BytesWhere): Where<Uint8Array> {
  const { signBits, text, present } = where;
  // Ten times a number of 16 bits needs four bits more; the sign stays the highest.
  const width = 20;
  const read = (payload: Uint8Array): number | undefined => {
    const raw = where.read(payload);
    const switches = payload[20];
    if (raw === undefined || switches === undefined) return undefined;
    const signed = signBits !== undefined && raw >= 2 ** (signBits - 1) ? raw - 2 ** signBits : raw;
    const counted = (switches & largeUnit) === 0 ? signed : signed * 10;
    return counted < 0 ? counted + 2 ** width : counted;
  };
  return {
    text: `${text}, × 10 when bit 7 of u8(20) is set`,
    read,
    ...(signBits === undefined ? {} : { signBits: width }),
    ...(present === undefined ? {} : { present }),
  };
}

/** A place after the temperatures; firmware that ends with them does not have it. */
function afterTemperatures(offset: number, make: (offset: number) => BytesWhere): BytesWhere {
  const places = Array.from({ length: temperaturesMax + 1 }, (_, count) =>
    make(temperaturesFrom + 2 * count + offset),
  );
  const place = (payload: Uint8Array): BytesWhere | undefined => places[temperatureCount(payload)];
  return only(
    {
      text: make(0).text.replace('(0)', `(${temperaturesFrom + offset} + 2N)`),
      read: (payload: Uint8Array) => place(payload)?.read(payload),
    },
    (payload) => payload.length > tailFrom(payload),
    'the firmware sends it',
  );
}

const balancingLow = u16be(12);
const balancingHigh = u16be(14);
const balancing: BytesWhere = {
  text: 'u16be(12), then u16be(14) for cells 17 to 32',
  read: (payload) => {
    const low = balancingLow.read(payload);
    const high = balancingHigh.read(payload);
    return low === undefined || high === undefined ? undefined : low + high * 0x10000;
  },
};

function dateOf(raw: string): string | null {
  const packed = Number(raw);
  const day = packed & 0x1f;
  const month = (packed >> 5) & 0x0f;
  if (day === 0 || month === 0 || month > 12) return null;
  const two = (part: number) => String(part).padStart(2, '0');
  return `${2000 + (packed >> 9)}-${two(month)}-${two(day)}`;
}

const versionOf = (raw: string): string => `${Number(raw) >> 4}.${Number(raw) & 0x0f}`;

export const basic: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'register 03, with its optional tail',
  asked: readJbd(0x03),
  fields: {
    battery_voltage: gauge(u16be(0), { unit: 'V', scale: 0.01 }),
    battery_current: gauge(inUnit(i16be(2)), { unit: 'A', scale: 0.01 }),
    battery_capacity_remaining: gauge(inUnit(u16be(4)), { unit: 'Ah', scale: 0.01 }),
    battery_capacity_rated: gauge(inUnit(u16be(6)), { unit: 'Ah', scale: 0.01 }),
    battery_cycle_count: counter(u16be(8), {}),
    production_date: info(u16be(10), { convert: dateOf }),
    cells_balancing: flags(balancing, cellNames(32)),
    protections: flags(u16be(16), jbdProtections, { problem: true, unknown: 'left out' }),
    // Somebody switched a transistor off in the app: a state, no fault.
    mos_locked: flag(bitsOf(u16be(16), 12)),
    firmware_version: info(u8(18), { convert: versionOf }),
    state_of_charge: gauge(u8(19), { unit: '%' }),
    charge_mos_on: flag(bitsOf(u8(20), 0)),
    discharge_mos_on: flag(bitsOf(u8(20), 1)),
    current_limiter_on: flag(bitsOf(u8(20), 2)),
    heater_on: flag(bitsOf(u8(20), 3)),
    cell_count: gauge(u8(21), {}),
    ...each(temperaturesMax, (index) => [
      `battery_temperature_${index + 1}`,
      gauge(
        only(
          u16be(temperaturesFrom + 2 * index),
          (payload) => index < temperatureCount(payload),
          `sensor ${index + 1} is there`,
        ),
        { unit: '°C', scale: 0.1, offset: -273.1 },
      ),
    ]),
    humidity: gauge(afterTemperatures(0, u8), { unit: '%' }),
    warnings: flags(afterTemperatures(1, u16be), jbdWarnings, { problem: true }),
    battery_capacity_full: gauge(inUnit(afterTemperatures(3, u16be)), { unit: 'Ah', scale: 0.01 }),
    balance_current: gauge(afterTemperatures(7, u16be), { unit: 'A', scale: 0.001 }),
  },
  computed: [batteryPower],
};
