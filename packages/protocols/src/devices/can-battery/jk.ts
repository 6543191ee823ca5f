// JK BMS on CAN, low byte first, often at 250 kbit/s. From one implementation (Uksa007/esphome-jk-bms-can). Unit n of a
// parallel group has n added to every identifier; the fields stand under those of the first.

import { batteryPower } from '../../device.ts';
import { counter, each, gauge, info } from '../../field.ts';
import { inFrame } from '../../frames.ts';
import { u8, u16le } from '../../where.ts';
import { cellVoltageDifference } from '../cells.ts';
import { type FrameRecord, ofCells, percent } from './shared-frames.ts';

/** The first unit's. */
export const jkIds = {
  values: 0x2f4,
  cellExtremes: 0x4f4,
  temperatures: 0x5f4,
  capacity: 0x18f128f4,
  cells: 0x18e028f4,
} as const;
export const jkUnitsMax = 12;
/** Frames of four cells each are this far apart. */
const cellsStep = 0x10000;
const cellsMax = 28;

const { values, cellExtremes, temperatures, capacity, cells } = jkIds;
const extremeVoltage = (offset: number) =>
  gauge(inFrame(cellExtremes, u16le(offset)), { unit: 'V', scale: 0.001 });
const temperature = (offset: number) =>
  gauge(inFrame(temperatures, u8(offset)), { unit: '°C', offset: -50, na: 0xff });

const native: FrameRecord = {
  kind: 'battery',
  about: '0x2F4 and its kin',
  fields: {
    battery_voltage: gauge(inFrame(values, u16le(0)), { unit: 'V', scale: 0.1 }),
    battery_current: gauge(inFrame(values, u16le(2)), { unit: 'A', scale: 0.1, offset: -400 }),
    state_of_charge: gauge(inFrame(values, u8(4)), { unit: '%', convert: percent }),
    cell_voltage_max: extremeVoltage(0),
    cell_voltage_max_position: info(inFrame(cellExtremes, u8(2))),
    cell_voltage_min: extremeVoltage(3),
    cell_voltage_min_position: info(inFrame(cellExtremes, u8(5))),
    cell_temperature_max: temperature(0),
    cell_temperature_min: temperature(2),
    battery_temperature: temperature(4),
    battery_capacity_remaining: gauge(inFrame(capacity, u16le(0)), { unit: 'Ah', scale: 0.1 }),
    battery_capacity_full: gauge(inFrame(capacity, u16le(2)), { unit: 'Ah', scale: 0.1 }),
    battery_cycle_count: counter(inFrame(capacity, u16le(6)), {}),
    ...each(cellsMax, (index) => {
      const id = cells + (index >> 2) * cellsStep;
      // A frame that is not full ends in zeros.
      return [
        `cell_voltage_${index + 1}`,
        gauge(inFrame(id, u16le(2 * (index & 3))), { unit: 'V', scale: 0.001, na: 0 }),
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
