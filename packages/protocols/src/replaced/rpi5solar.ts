// usk-johnny-s/RPi5SolarPowerMonitor: MessagePack with the raw whole numbers of the device.

import { batteryPower, type RecordDefinition } from '../device.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../devices/cells.ts';
import { jbdProtections } from '../devices/jbd/conditions.ts';
import { type Codes, counter, type Fields, flag, flags, gauge, info, state } from '../field.ts';
import { type Packed, type PackedMap, readMessagePack } from '../framing/message-pack.ts';
import { cells, cellsMax } from './cells.ts';
import { bits, type Entries, type EntryWhere, entry, number, text, unfit, whole } from './entries.ts';
import { isDeviceName, type Rule, translated } from './translation.ts';

const of = (key: string) => entry(key, number);
const mask = (key: string) => entry(key, whole);

/** Fixed fields of text are padded. */
const padded = (given: string): string | null => given.split('\0')[0]?.trim() || null;

/** The byte as the controller sends it: 255 = no sensor, bit 7 = minus. */
const signedByte = (key: string): EntryWhere<number | undefined> =>
  entry(key, (given) => {
    const byte = whole(given, key) ?? 0;
    if (byte > 255) throw unfit(key, 'a byte', given);
    if (byte === 255) return undefined;
    return byte >= 128 ? -(byte - 128) : byte;
  });

const litime: RecordDefinition<Entries> = {
  kind: 'solar_charger',
  about: 'RPi5SolarPowerMonitor, LiTime controller',
  fields: {
    battery_charge_current_rated: gauge(of('rac.c'), { unit: 'A' }),
    battery_discharge_current_rated: gauge(of('rac.d'), { unit: 'A' }),
    model: info(entry('dev.m', text), { convert: padded }),
    firmware_version: info(entry('dev.r', (given, key) => ((whole(given, key) ?? 0) / 100).toFixed(2))),
    state_of_charge: gauge(of('bt.soc'), { unit: '%' }),
    battery_voltage: gauge(of('bt.v'), { unit: 'V', scale: 0.1 }),
    battery_charge_current: gauge(of('bt.c'), { unit: 'A', scale: 0.01 }),
    battery_charge_power: gauge(of('bt.p'), { unit: 'W' }),
    device_temperature: gauge(signedByte('tp.ct'), { unit: '°C' }),
    battery_temperature: gauge(signedByte('tp.bt'), { unit: '°C' }),
    load_voltage: gauge(of('ld.v'), { unit: 'V', scale: 0.1 }),
    load_current: gauge(of('ld.c'), { unit: 'A', scale: 0.01 }),
    load_power: gauge(of('ld.p'), { unit: 'W' }),
    pv_voltage: gauge(of('pv.v'), { unit: 'V', scale: 0.1 }),
    load_on: flag(mask('st.ld')),
    charge_state: state(mask('st.ch'), {
      0: 'off',
      1: 'activated',
      2: 'bulk',
      3: 'equalize',
      4: 'absorption',
      5: 'float',
      6: 'current_limited',
      8: 'direct',
    }),
    alarms: flags(mask('st.al'), {}, { problem: true }),
    battery_charge_power_max_today: gauge(of('ds.mp'), { unit: 'W' }),
    battery_energy_charged_today: counter(of('ds.c'), { unit: 'Wh' }),
    load_energy_today: counter(of('ds.d'), { unit: 'Wh' }),
    operating_time: counter(of('ta.dy'), { unit: 's', scale: 86_400 }),
    battery_energy_charged_total: counter(of('ta.c'), { unit: 'Wh' }),
    load_energy_total: counter(of('ta.d'), { unit: 'Wh' }),
  },
};

const cellNames: Codes = Object.fromEntries(
  Array.from({ length: cellsMax }, (_, index) => [index, `cell_${index + 1}`]),
);
/** Two words of 16 bits: cells 1 to 16, and 17 to 32. */
const balancing: EntryWhere<number | undefined> = {
  ...mask('bm.eq'),
  labels: ['bm.eq', 'bm.eqh'],
  read: (entries) => {
    const low = mask('bm.eq').read(entries);
    const high = mask('bm.eqh').read(entries) ?? 0;
    return low === undefined ? undefined : low + high * 0x1_0000;
  },
};
const productionDate = (packed: number): string => {
  const [year, month, day] = [2000 + Math.floor(packed / 512), Math.floor(packed / 32) % 16, packed % 32];
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
};
const protections = mask('bm.ps');
const switches = mask('bm.fet');
const sensorsMax = 8;
const temperatures: Fields<Entries> = Object.fromEntries(
  Array.from({ length: sensorsMax }, (_, index) => [
    `battery_temperature_${index + 1}`,
    gauge(of(`tp.t[${index}]`), { unit: '°C', scale: 0.1, offset: -273.1 }),
  ]),
);

const jbd: RecordDefinition<Entries> = {
  kind: 'battery',
  about: 'RPi5SolarPowerMonitor, JBD battery',
  fields: {
    model: info(entry('dev.hv', text), { convert: padded }),
    firmware_version: info(
      entry('dev.sv', (given, key) => {
        const byte = whole(given, key) ?? 0;
        return `${byte >> 4}.${byte & 15}`;
      }),
    ),
    production_date: info(entry('dev.pd', (given, key) => productionDate(whole(given, key) ?? 0))),
    battery_voltage: gauge(of('bm.tv'), { unit: 'V', scale: 0.01 }),
    battery_current: gauge(of('bm.c'), { unit: 'A', scale: 0.01 }),
    battery_capacity_rated: gauge(of('bm.nc'), { unit: 'Ah', scale: 0.01 }),
    battery_capacity_remaining: gauge(of('bm.rc'), { unit: 'Ah', scale: 0.01 }),
    state_of_charge: gauge(of('bm.soc'), { unit: '%' }),
    battery_cycle_count: counter(of('bm.cyc'), {}),
    cells_balancing: flags(balancing, cellNames),
    protections: flags(protections, jbdProtections, { problem: true, unknown: 'left out' }),
    mos_locked: flag(bits(protections, 12)),
    charge_mos_on: flag(bits(switches, 0)),
    discharge_mos_on: flag(bits(switches, 1)),
    current_limiter_on: flag(bits(switches, 2)),
    heater_on: flag(bits(switches, 3)),
    ...temperatures,
    cell_count: gauge(of('bc.n'), {}),
    ...cells((n) => of(`bc.v[${n - 1}]`), { unit: 'V', scale: 0.001 }),
  },
  computed: [batteryPower, cellVoltageMin, cellVoltageMax, cellVoltageDifference],
};

/** `bt.v`, `bc.v[0]`: maps and lists inside one another under one name. */
function flatten(map: PackedMap): Map<string, Packed> {
  const flat = new Map<string, Packed>();
  const put = (key: string, value: Packed): void => {
    if (value instanceof Map) for (const [name, inner] of value) put(`${key}.${name}`, inner);
    else if (Array.isArray(value))
      for (const [index, inner] of value.entries()) put(`${key}[${index}]`, inner);
    else flat.set(key, value);
  };
  for (const [name, value] of map) put(name, value);
  return flat;
}

export const rpi5solar: Rule = {
  records: { 'rpi5solar-litime': litime, 'rpi5solar-jbd': jbd },
  topic: /^[^/]+\/[^/]+\/msgpack$/,
  translate: ({ payload }) => {
    const packed = readMessagePack(payload);
    if (!(packed instanceof Map)) return { unfit: 'a map in MessagePack was expected' };
    const entries = flatten(packed);
    const name = entries.get('bus.n');
    if (typeof name !== 'string' || !isDeviceName(name))
      return { unfit: 'bus.n, the name of the device, is missing' };
    if (entries.has(`bc.v[${cellsMax}]`) || entries.has(`tp.t[${sensorsMax}]`))
      return { unfit: `more than ${cellsMax} cells or ${sensorsMax} sensors` };
    const utc = entries.get('utc');
    const time = utc instanceof Date ? { timeMs: utc.getTime() } : {};
    if (entries.has('bm.tv') && entries.has('bc.n')) {
      return {
        ...translated(['rpi5solar-jbd', jbd], { vendor: 'jbd', type: 'battery', name }, entries),
        ...time,
      };
    }
    if (entries.has('pv.v') && entries.has('st.ch')) {
      return {
        ...translated(['rpi5solar-litime', litime], { vendor: 'litime', type: 'mppt', name }, entries),
        ...time,
      };
    }
    return { unfit: 'neither the map of a JBD battery nor that of a LiTime controller' };
  },
};
