// Dyness, each module by itself: extended identifiers, high byte first. The third byte of the identifier is the module,
// from 0x0A; the last is the type of the frame. Fields stand under the types.
// As darkbox/bluetooth_inverter_power_watch reads them.

import { batteryPower } from '../../device.ts';
import { type Codes, counter, each, flag, flags, gauge, info } from '../../field.ts';
import { inFrame, standardIdMax } from '../../frames.ts';
import { bitsOf, u8, u16be, ubits } from '../../where.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../cells.ts';
import { type FrameRecord, ofCells, percent } from './shared-frames.ts';

const cellsMax = 16;
const sensorsMax = 4;

const temperature = { unit: '°C', scale: 0.1, offset: -40 } as const;
const current = (offset: number) => ({ unit: 'A', scale: 0.1, offset }) as const;

const extremeVoltage = (offset: number) =>
  gauge(inFrame(0x22, u16be(offset)), { unit: 'V', scale: 0.001, na: 0 });

/** Five bytes; bits that are states, or of which nobody says what they mean, are not among the names. */
const status = inFrame(0x24, ubits(0, 40));
const protections: Codes = {
  0: 'cell_voltage_high',
  1: 'cell_voltage_low',
  2: 'battery_voltage_high',
  3: 'battery_voltage_low',
  4: 'temperature_high',
  5: 'temperature_low',
  6: 'current_high',
  18: 'short_circuit',
  24: 'discharge_current_high',
  25: 'charge_current_high',
  28: 'cell_voltage_difference_high',
  30: 'temperature_difference_high',
};
const warnings: Codes = {
  8: 'cell_voltage_high',
  9: 'cell_voltage_low',
  10: 'battery_voltage_high',
  11: 'battery_voltage_low',
  12: 'temperature_high',
  13: 'temperature_low',
  14: 'current_high',
  20: 'mos_temperature_high',
  26: 'discharge_current_high',
  27: 'charge_current_high',
  29: 'cell_voltage_difference_high',
  31: 'temperature_difference_high',
};
const faults: Codes = {
  21: 'internal_communication_lost',
  22: 'fan_failure',
  32: 'cell_sampling_failure',
  33: 'temperature_sensor_failure',
  36: 'charge_mos_failure',
  37: 'discharge_mos_failure',
};
const shared = { problem: true, unknown: 'left out' } as const;
const switches = (bit: number) => flag(inFrame(0x24, bitsOf(u8(2), bit)));

const module: FrameRecord = {
  kind: 'battery',
  about: 'one module; a module is a device of its own',
  fields: {
    ...each(cellsMax, (index) => {
      const type = 0x11 + (index >> 2);
      const place = inFrame(type, u16be(2 * (index & 3)));
      return [`cell_voltage_${index + 1}`, gauge(place, { unit: 'V', scale: 0.001, na: 0 })];
    }),
    ...each(sensorsMax, (index) => [
      `battery_temperature_${index + 1}`,
      gauge(inFrame(0x15, u16be(2 * index)), temperature),
    ]),
    mos_temperature: gauge(inFrame(0x16, u16be(0)), temperature),
    bms_temperature: gauge(inFrame(0x16, u16be(2)), temperature),
    battery_cycle_count: counter(inFrame(0x16, u16be(4)), {}),
    battery_voltage: gauge(inFrame(0x21, u16be(0)), { unit: 'V', scale: 0.01 }),
    battery_current: gauge(inFrame(0x21, u16be(2)), current(-400)),
    cell_voltage_mean: gauge(inFrame(0x21, u16be(4)), { unit: 'V', scale: 0.001 }),
    battery_discharge_current_limit: gauge(inFrame(0x21, u16be(6)), current(-40)),
    cell_voltage_max: extremeVoltage(0),
    cell_voltage_max_position: info(inFrame(0x22, u8(2))),
    cell_voltage_min: extremeVoltage(3),
    cell_voltage_min_position: info(inFrame(0x22, u8(5))),
    cell_temperature_max: gauge(inFrame(0x23, u16be(0)), temperature),
    cell_temperature_max_position: info(inFrame(0x23, u8(2))),
    cell_temperature_min: gauge(inFrame(0x23, u16be(3)), temperature),
    cell_temperature_min_position: info(inFrame(0x23, u8(5))),
    state_of_health: gauge(inFrame(0x23, u8(6)), { unit: '%', convert: percent }),
    state_of_charge: gauge(inFrame(0x23, u8(7)), { unit: '%', convert: percent }),
    protections: flags(status, protections, shared),
    warnings: flags(status, warnings, shared),
    faults: flags(status, faults, shared),
    discharge_mos_on: switches(0),
    charge_mos_on: switches(1),
    balancing: switches(7),
  },
  computed: [batteryPower, ...[cellVoltageMin, cellVoltageMax, cellVoltageDifference].map(ofCells)],
};

export const dynessRecords = { module };

const firstModule = 0x0a;
const modulesMax = 16;
const types = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x21, 0x22, 0x23, 0x24];

/** The module of an identifier, from 0, and the type of the frame. */
export function dynessModuleOf(id: number): { readonly unit: number; readonly id: number } | undefined {
  const unit = ((id >> 8) & 0xff) - firstModule;
  const type = id & 0xff;
  if (id <= standardIdMax || unit < 0 || unit >= modulesMax || !types.includes(type)) return undefined;
  return { unit, id: type };
}
