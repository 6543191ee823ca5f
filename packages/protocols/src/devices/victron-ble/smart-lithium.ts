// Victron Instant Readout, record 0x05. "Extra Manufacturer Data", 2022-12-14, table SmartLithium;
// bits of the two masks: victronenergy/veutil.

import type { RecordDefinition } from '../../device.ts';
import { type Codes, type Field, flag, flags, gauge, state } from '../../field.ts';
import { type BytesWhere, bitsOf, u16le, u32le, ubits } from '../../where.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../cells.ts';

const bmsFlags = u32le(0);

// Bits 1, 3, 7 and 8 repeat the state of charge in words and are not published.
const alarms: Codes = {
  9: 'battery_voltage_high',
  11: 'battery_voltage_low',
  15: 'temperature_high',
  18: 'charge_temperature_low',
  20: 'discharge_temperature_low',
  22: 'temperature_low',
  23: 'short_circuit',
  24: 'hardware_failure',
  29: 'current_high',
};

const warnings: Codes = {
  10: 'battery_voltage_high',
  12: 'battery_voltage_low',
  13: 'charge_current_high',
  14: 'discharge_current_high',
  16: 'temperature_high',
  17: 'charge_temperature_low',
  19: 'discharge_temperature_low',
  21: 'state_of_charge_low',
  27: 'pre_alarm',
  28: 'contactor_failure',
};

const faults: Codes = {
  0: 'balancer_failure',
  1: 'balancer_communication_lost',
  2: 'balancer_voltage_mismatch',
  3: 'balancer_voltage_mismatch',
  4: 'balancer_update_failure',
  5: 'balancer_update_failure',
  6: 'balancer_update_failure',
  7: 'settings_invalid',
  8: 'cell_voltage_mismatch',
  9: 'balancer_update_failure',
  10: 'balancer_incompatible',
};

const cellsMax = 8;
const cellBits = 7;
const cellsFrom = 48;
const belowRange = 0;
const aboveRange = 126;
const cellAbsent = 127;

const cellIndexes = [...Array(cellsMax).keys()];
const cellAt = cellIndexes.map((index) => ubits(cellsFrom + cellBits * index, cellBits));
const cellNames: Codes = Object.fromEntries(cellIndexes.map((index) => [index, `cell_${index + 1}`]));

/** A mask of the cells whose code is `code`: bit n for cell n + 1. */
function cellsThatSay(code: number): BytesWhere {
  const read = (payload: Uint8Array): number | undefined => {
    let mask = 0;
    for (const [index, cell] of cellAt.entries()) {
      const raw = cell.read(payload);
      if (raw === undefined) return undefined;
      if (raw === code) mask += 2 ** index;
    }
    return mask;
  };
  const span = { from: cellsFrom, width: cellBits * cellsMax };
  return { text: `cells that say ${code}`, span, read };
}

// 2.61 to 3.85 V; the codes at the ends only say "below" and "above", and a clamped voltage would look measured.
const cellVoltages: { readonly [name: string]: Field<Uint8Array> } = Object.fromEntries(
  cellAt.map((where, index) => [
    `cell_voltage_${index + 1}`,
    gauge(where, { unit: 'V', scale: 0.01, offset: 2.6, na: [belowRange, aboveRange, cellAbsent] }),
  ]),
);

export const smartLithium: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'Smart Lithium Battery',
  fields: {
    fully_charged: flag(bitsOf(bmsFlags, 0)),
    fully_discharged: flag(bitsOf(bmsFlags, 2)),
    charging: flag(bitsOf(bmsFlags, 4)),
    discharging: flag(bitsOf(bmsFlags, 5)),
    balancing: flag(bitsOf(bmsFlags, 6)),
    alarms: flags(bmsFlags, alarms, { problem: true, unknown: 'left out' }),
    warnings: flags(bmsFlags, warnings, { problem: true, unknown: 'left out' }),
    charge_allowed: flag(bitsOf(bmsFlags, 25)),
    discharge_allowed: flag(bitsOf(bmsFlags, 26)),
    faults: flags(u16le(4), faults, { problem: true }),
    ...cellVoltages,
    cells_under_range: flags(cellsThatSay(belowRange), cellNames, { problem: true }),
    cells_over_range: flags(cellsThatSay(aboveRange), cellNames, { problem: true }),
    battery_voltage: gauge(ubits(104, 12), { unit: 'V', scale: 0.01, na: 0xfff }),
    balancer_state: state(
      ubits(116, 4),
      { 0: 'unknown', 1: 'balanced', 2: 'balancing', 3: 'imbalanced' },
      { na: 0xf },
    ),
    battery_temperature: gauge(ubits(120, 7), { unit: '°C', offset: -40, na: 0x7f }),
  },
  computed: [cellVoltageMin, cellVoltageMax, cellVoltageDifference],
};
