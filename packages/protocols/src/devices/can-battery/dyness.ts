// Dyness, each module by itself: extended identifiers, high byte first. The third byte of the identifier is the module,
// from 0x0A; the last is the type of the frame. Fields stand under the types.
// As darkbox/bluetooth_inverter_power_watch reads them.

import { batteryPower } from '../../device.ts';
import { counter, each, gauge } from '../../field.ts';
import { inFrame, standardIdMax } from '../../frames.ts';
import { u8, u16be } from '../../where.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../cells.ts';
import { type FrameRecord, ofCells, percent } from './shared-frames.ts';

const cellsMax = 16;
const sensorsMax = 4;

const temperature = { unit: '°C', scale: 0.1, offset: -40 } as const;
const current = (offset: number) => ({ unit: 'A', scale: 0.1, offset }) as const;

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
    state_of_health: gauge(inFrame(0x23, u8(6)), { unit: '%', convert: percent }),
    state_of_charge: gauge(inFrame(0x23, u8(7)), { unit: '%', convert: percent }),
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
