// Victron Instant Readout, record 0x0A. "Extra Manufacturer Data", 2022-12-14, table (Lynx Smart) BMS; pairs, sign of
// the consumed charge and errors: victronenergy/dbus-ble-sensors, victronenergy/veutil.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { type Codes, type Field, flag, flags, gauge, state } from '../../field.ts';
import { bitsOf, i16le, pairs, u8, u16le, ubits } from '../../where.ts';

const errors: Codes = {
  0: 'none',
  1: 'battery_initialization',
  2: 'battery_missing',
  3: 'battery_unknown',
  4: 'battery_type',
  5: 'battery_count',
  6: 'shunt_missing',
  7: 'measurement',
  8: 'calculation',
  9: 'batteries_in_series',
  10: 'battery_count',
  11: 'hardware',
  12: 'watchdog',
  13: 'voltage_high',
  14: 'voltage_low',
  15: 'temperature_high',
  16: 'temperature_low',
  17: 'input_output_expander',
  18: 'undercharge_standby',
  20: 'contactor_at_start',
  22: 'analog_converter',
  23: 'battery_communication',
  25: 'precharge',
  26: 'contactor',
  28: 'battery_update',
  29: 'update_unavailable',
  30: 'calibration_lost',
  31: 'settings_invalid',
  32: 'bms_cable',
  33: 'reference_voltage',
  34: 'system_voltage_wrong',
  35: 'precharge_timeout',
  36: 'charge_permission_failure',
  37: 'interlock',
  38: 'emergency_stop',
  39: 'communication_timeout',
  40: 'safety_lock',
  41: 'terminal_temperature_high',
  116: 'calibration_lost',
  119: 'settings_invalid',
};

/** By the low bit of their pair; pair 14 has no published name. */
const conditions: Codes = {
  0: 'cell_voltage_low',
  2: 'current_high',
  4: 'bms_temperature_high',
  6: 'contactor_failure',
  8: 'bms_cable_failure',
  10: 'load_disconnect',
  12: 'state_of_charge_low',
  16: 'temperature_high',
};

/** A pair of the input and output status: 0 not known, 1 on, else off. */
const ioStatus = (lowBit: number): Field<Uint8Array> => flag(bitsOf(u16le(7), lowBit, 2), { na: 0, on: 1 });

export const lynxBms: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'Lynx Smart BMS',
  fields: {
    device_error: state(u8(0), errors, { problem: true }),
    time_to_go: gauge(u16le(1), { unit: 's', scale: 60, na: 0xffff }),
    battery_voltage: gauge(i16le(3), { unit: 'V', scale: 0.01, na: 0x7fff }),
    battery_current: gauge(i16le(5), { unit: 'A', scale: 0.1, na: 0x7fff }),
    charge_allowed: ioStatus(2),
    discharge_allowed: ioStatus(4),
    relay_on: ioStatus(6),
    warnings: flags(pairs(72, 9, 2), conditions, { problem: true }),
    alarms: flags(pairs(72, 9, 3), conditions, { problem: true }),
    state_of_charge: gauge(ubits(90, 10), { unit: '%', scale: 0.1, na: 0x3ff }),
    // The vendor shows it negative.
    battery_capacity_consumed: gauge(ubits(100, 20), { unit: 'Ah', scale: 0.1, na: 0xfffff }),
    battery_temperature: gauge(ubits(120, 7), { unit: '°C', offset: -40, na: 0x7f }),
  },
  computed: [batteryPower],
};
