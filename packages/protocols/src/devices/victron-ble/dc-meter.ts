// Victron Instant Readout, record 0x0D. "Extra Manufacturer Data", 2022-12-14, table DC energy meter.

import type { RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import { i16le, ibits, u16le, ubits } from '../../where.ts';
import { victronAlarmReasons, victronMeterTypes } from '../victron-codes.ts';
import { auxiliaryModes, auxiliaryTemperature, starterBatteryVoltage } from './auxiliary.ts';

export const dcMeter: RecordDefinition<Uint8Array> = {
  kind: 'dc_meter',
  about: 'SmartShunt in DC meter mode',
  fields: {
    meter_type: state(i16le(0), victronMeterTypes),
    dc_voltage: gauge(i16le(2), { unit: 'V', scale: 0.01, na: 0x7fff }),
    alarms: flags(u16le(4), victronAlarmReasons, { problem: true }),
    starter_battery_voltage: starterBatteryVoltage,
    external_temperature: auxiliaryTemperature,
    auxiliary_mode: state(ubits(64, 2), auxiliaryModes),
    // The sheet says 3fffff; frames from the air carry 1fffff.
    dc_current: gauge(ibits(66, 22), { unit: 'A', scale: 0.001, na: [0x3fffff, 0x1fffff] }),
  },
};
