// Growatt low voltage, high byte first. "Growatt BMS CAN-Bus-protocol low voltage", V1.04. Dyness batteries send it as the
// summary of their modules.

import { batteryPower } from '../../device.ts';
import { type Codes, counter, each, flag, flags, gauge, info, state } from '../../field.ts';
import { inFrame } from '../../frames.ts';
import { bitsOf, i16be, u8, u16be, u16le, ubits } from '../../where.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../cells.ts';
import { type FrameRecord, magnitude, notAvailable as na, ofCells, percent } from './shared-frames.ts';

const status = (bit: number, width = 1) => inFrame(0x311, bitsOf(u16be(6), bit, width));
const request = (bit: number) => inFrame(0x319, bitsOf(u8(0), bit));
const chemistries: Codes = {
  0: 'lithium_iron_phosphate',
  1: 'nickel_manganese_cobalt',
  2: 'lithium_titanate',
};

const of = (about: string, fields: FrameRecord['fields']): FrameRecord => ({
  kind: 'battery',
  about,
  fields,
});

const limits = of('limits and state', {
  battery_charge_voltage_limit: gauge(inFrame(0x311, u16be(0)), { unit: 'V', scale: 0.1, na: na.unsigned }),
  battery_charge_current_limit: gauge(inFrame(0x311, u16be(2)), { unit: 'A', scale: 0.1, na: na.unsigned }),
  battery_discharge_current_limit: gauge(inFrame(0x311, i16be(4)), {
    unit: 'A',
    na: [na.unsigned, na.signed],
    convert: magnitude,
  }),
  device_state: state(status(0, 2), { 0: 'soft_start', 1: 'standby', 2: 'charging', 3: 'discharging' }),
  balancing: flag(status(3)),
  discharge_mos_on: flag(status(5)),
  charge_mos_on: flag(status(6)),
});

const protections = of('protections and warnings', {
  protections: flags(
    inFrame(0x312, u16le(0)),
    {
      0: 'soft_start_failure',
      1: 'battery_voltage_low',
      2: 'battery_voltage_high',
      3: 'cell_voltage_low',
      4: 'cell_voltage_high',
      5: 'short_circuit',
      6: 'charge_current_high',
      7: 'discharge_current_high',
      9: 'cell_voltage_difference_high',
      10: 'system_failure',
      12: 'charge_temperature_low',
      13: 'discharge_temperature_low',
      14: 'charge_temperature_high',
      15: 'discharge_temperature_high',
    },
    { problem: true },
  ),
  warnings: flags(
    inFrame(0x312, u16le(2)),
    {
      2: 'battery_voltage_low',
      3: 'battery_voltage_high',
      4: 'cell_voltage_low',
      5: 'cell_voltage_high',
      6: 'charge_current_high',
      7: 'discharge_current_high',
      8: 'internal_communication_lost',
      9: 'shutdown_notice',
      10: 'cell_voltage_difference_high',
      12: 'charge_temperature_low',
      13: 'discharge_temperature_low',
      14: 'charge_temperature_high',
      15: 'discharge_temperature_high',
    },
    { problem: true },
  ),
  module_count: gauge(inFrame(0x312, u8(4)), {}),
  cell_count: gauge(inFrame(0x312, u8(7)), {}),
});

const values: FrameRecord = {
  ...of('values', {
    battery_voltage: gauge(inFrame(0x313, i16be(0)), { unit: 'V', scale: 0.01, na: na.signed }),
    battery_current: gauge(inFrame(0x313, i16be(2)), { unit: 'A', scale: 0.1, na: na.signed }),
    cell_temperature_max: gauge(inFrame(0x313, i16be(4)), { unit: '°C', scale: 0.1, na: na.signed }),
    state_of_charge: gauge(inFrame(0x313, u8(6)), { unit: '%', convert: percent }),
    // Bit 7 is a flag of unknown meaning.
    state_of_health: gauge(inFrame(0x313, ubits(56, 7)), { unit: '%', convert: percent }),
  }),
  computed: [batteryPower],
};

const capacity = of('capacity', {
  battery_capacity_remaining: gauge(inFrame(0x314, u16be(0)), { unit: 'Ah', scale: 0.01, na: na.unsigned }),
  battery_capacity_full: gauge(inFrame(0x314, u16be(2)), { unit: 'Ah', scale: 0.01, na: na.unsigned }),
  cell_voltage_difference: gauge(inFrame(0x314, u16be(4)), { unit: 'V', scale: 0.001, na: na.unsigned }),
  battery_cycle_count: counter(inFrame(0x314, u16be(6)), { na: na.unsigned }),
});

const cells: FrameRecord = {
  ...of(
    'cells, four in each of 0x315 to 0x318',
    each(16, (index) => {
      const id = 0x315 + (index >> 2);
      const place = inFrame(id, u16be(2 * (index & 3)));
      // A pack of 15 cells leaves the last place 0.
      return [`cell_voltage_${index + 1}`, gauge(place, { unit: 'V', scale: 0.001, na: [0, na.unsigned] })];
    }),
  ),
  computed: [cellVoltageMin, cellVoltageMax, cellVoltageDifference].map(ofCells),
};

const extremes = of('extremes and requests', {
  charge_allowed: flag(request(7)),
  discharge_allowed: flag(request(6)),
  charge_requested_urgent: flag(request(5), { problem: true }),
  charge_requested: flag(request(4)),
  battery_chemistry: info(inFrame(0x319, ubits(0, 2)), {
    convert: (raw) => chemistries[Number(raw)] ?? null,
  }),
  cell_voltage_max: gauge(inFrame(0x319, u16be(1)), { unit: 'V', scale: 0.001, na: na.unsigned }),
  cell_voltage_min: gauge(inFrame(0x319, u16be(3)), { unit: 'V', scale: 0.001, na: na.unsigned }),
  cell_voltage_max_position: info(inFrame(0x319, u8(5))),
  cell_voltage_min_position: info(inFrame(0x319, u8(6))),
});

export const growattRecords: { readonly [record: string]: FrameRecord } = {
  '0x311': limits,
  '0x312': protections,
  '0x313': values,
  '0x314': capacity,
  '0x315': cells,
  '0x319': extremes,
};
