// JK BMS on CAN, low byte first, often at 250 kbit/s. Uksa007/esphome-jk-bms-can; alarms, switches, run time and the
// list of temperatures as mr-manuel/venus-os_dbus-serialbattery and hoylabs/OpenDTU-OnBattery read them. Unit n of a parallel group
// has n added to every identifier; the fields stand under those of the first.

import { batteryPower } from '../../device.ts';
import { type Codes, counter, each, flag, flags, gauge, info } from '../../field.ts';
import { type Frames, inFrame } from '../../frames.ts';
import { bitsOf, u8, u16le, u32le, type Where } from '../../where.ts';
import { cellVoltageDifference } from '../cells.ts';
import { type FrameRecord, notAvailable as na, ofCells, percent } from './shared-frames.ts';

/** The first unit's. */
export const jkIds = {
  values: 0x2f4,
  cellExtremes: 0x4f4,
  temperatures: 0x5f4,
  alarms: 0x7f4,
  capacity: 0x18f128f4,
  sensors: 0x18f228f4,
  condition: 0x18f428f4,
  switches: 0x18f528f4,
  cells: 0x18e028f4,
} as const;
const jkUnitsMax = 12;
/** Frames of four cells each are this far apart. */
const cellsStep = 0x10000;
const cellsMax = 28;

const { values, cellExtremes, temperatures, alarms, capacity, sensors, condition, switches, cells } = jkIds;
const extremeVoltage = (offset: number) =>
  gauge(inFrame(cellExtremes, u16le(offset)), { unit: 'V', scale: 0.001, na: na.unsigned });
const temperature = (offset: number) =>
  gauge(inFrame(temperatures, u8(offset)), { unit: '°C', offset: -50, na: 0xff });
const sensor = (place: number) =>
  gauge(inFrame(sensors, u8(place)), { unit: '°C', offset: -50, na: [0, 0xff] });
const isOn = (bit: number) => flag(inFrame(switches, bitsOf(u8(0), bit)));

/** A level of two bits for each condition: whatever is not 00 is raised. */
const raised: Where<Frames, number | undefined> = {
  text: '0x7F4 pairs of u32le(0) that are not 00',
  frame: alarms,
  present: (frames) => frames.has(alarms),
  read(frames) {
    const data = frames.get(alarms);
    const levels = data && u32le(0).read(data);
    return levels === undefined ? undefined : ((levels | (levels >>> 1)) & 0x55555555) >>> 0;
  },
};

const conditions: Codes = {
  0: 'cell_voltage_high',
  2: 'cell_voltage_low',
  4: 'battery_voltage_high',
  6: 'battery_voltage_low',
  8: 'cell_voltage_difference_high',
  10: 'discharge_current_high',
  12: 'charge_current_high',
  14: 'temperature_high',
  16: 'temperature_low',
  18: 'temperature_difference_high',
  20: 'state_of_charge_low',
  // Insulation, high voltage interlock and the link to a charger: for vehicles.
  22: 'general_alarm',
  24: 'general_alarm',
  26: 'general_alarm',
  28: 'internal_communication_lost',
};

const native: FrameRecord = {
  kind: 'battery',
  about: '0x2F4 and its kin',
  fields: {
    battery_voltage: gauge(inFrame(values, u16le(0)), { unit: 'V', scale: 0.1, na: na.unsigned }),
    battery_current: gauge(inFrame(values, u16le(2)), {
      unit: 'A',
      scale: 0.1,
      offset: -400,
      na: na.unsigned,
    }),
    state_of_charge: gauge(inFrame(values, u8(4)), { unit: '%', convert: percent }),
    cell_voltage_max: extremeVoltage(0),
    cell_voltage_max_position: info(inFrame(cellExtremes, u8(2))),
    cell_voltage_min: extremeVoltage(3),
    cell_voltage_min_position: info(inFrame(cellExtremes, u8(5))),
    cell_temperature_max: temperature(0),
    cell_temperature_min: temperature(2),
    battery_temperature: temperature(4),
    alarms: flags(raised, conditions, { problem: true }),
    // Byte 0 says which sensors there are; what is not there is 0.
    battery_temperature_1: sensor(1),
    battery_temperature_2: sensor(2),
    mos_temperature: sensor(3),
    battery_temperature_3: sensor(4),
    battery_temperature_4: sensor(5),
    charge_mos_on: isOn(0),
    discharge_mos_on: isOn(1),
    balancing: isOn(2),
    heater_on: isOn(3),
    charger_connected: isOn(4),
    operating_time: counter(inFrame(condition, u32le(0)), { unit: 's', na: 0xffffffff }),
    state_of_health: gauge(inFrame(condition, u8(6)), { unit: '%', convert: percent }),
    battery_capacity_remaining: gauge(inFrame(capacity, u16le(0)), {
      unit: 'Ah',
      scale: 0.1,
      na: na.unsigned,
    }),
    battery_capacity_full: gauge(inFrame(capacity, u16le(2)), { unit: 'Ah', scale: 0.1, na: na.unsigned }),
    battery_cycle_count: counter(inFrame(capacity, u16le(6)), { na: na.unsigned }),
    ...each(cellsMax, (index) => {
      const id = cells + (index >> 2) * cellsStep;
      // A frame that is not full ends in zeros.
      return [
        `cell_voltage_${index + 1}`,
        gauge(inFrame(id, u16le(2 * (index & 3))), { unit: 'V', scale: 0.001, na: [0, na.unsigned] }),
      ];
    }),
  },
  computed: [batteryPower, ofCells(cellVoltageDifference)],
};

export const jkRecords = { native };

/** The unit of an identifier, from 0, and the first unit's identifier. */
export function jkUnitOf(id: number): { readonly unit: number; readonly id: number } | undefined {
  const unit = (id & 0x0f) - 4;
  if (unit < 0 || unit >= jkUnitsMax) return undefined;
  return { unit, id: id - unit };
}
