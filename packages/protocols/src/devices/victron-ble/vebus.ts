// Victron Instant Readout, record 0x0C. "Extra Manufacturer Data", 2022-12-14, table VE.Bus.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { type Codes, gauge, state } from '../../field.ts';
import { i16le, ibits, u8, ubits } from '../../where.ts';
import { victronAcInputs, victronStates } from '../victron-codes.ts';

const errors: Codes = {
  0: 'none',
  1: 'phase_switched_off',
  2: 'mixed_old_and_new_adapters',
  3: 'expected_devices_missing',
  4: 'no_other_device',
  5: 'ac_output_voltage_high',
  6: 'assistant_program',
  7: 'bms_without_assistant',
  8: 'ground_relay_test',
  10: 'time_synchronization',
  11: 'grid_relay_test',
  12: 'configuration_mismatch',
  14: 'transmit_error',
  16: 'waiting_for_configuration',
  17: 'phase_master_missing',
  18: 'voltage_high_occurred',
  19: 'slave_without_ac_input',
  22: 'cannot_be_slave',
  24: 'switch_over_protection',
  25: 'firmware_incompatible',
  26: 'internal_error',
  128: 'relay_test_prevents_connection',
};

export const vebus: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'MultiPlus and Quattro with a VE.Bus Smart dongle',
  fields: {
    device_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), errors, { na: 0xff, problem: true }),
    battery_current: gauge(i16le(2), { unit: 'A', scale: 0.1, na: 0x7fff }),
    battery_voltage: gauge(ubits(32, 14), { unit: 'V', scale: 0.01, na: 0x3fff }),
    ac_input_source: state(ubits(46, 2), victronAcInputs, { na: 3 }),
    ac_input_power: gauge(ibits(48, 19), { unit: 'W', na: 0x3ffff }),
    ac_output_power: gauge(ibits(67, 19), { unit: 'W', na: 0x3ffff }),
    alarm_level: state(ubits(86, 2), { 0: 'none', 1: 'warning', 2: 'alarm' }, { na: 3, problem: true }),
    battery_temperature: gauge(ubits(88, 7), { unit: '°C', offset: -40, na: 0x7f }),
    state_of_charge: gauge(ubits(95, 7), { unit: '%', na: 0x7f }),
  },
  computed: [batteryPower],
};
