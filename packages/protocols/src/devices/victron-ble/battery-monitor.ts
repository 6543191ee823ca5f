// Victron Instant Readout, record 0x02. "Extra Manufacturer Data", 2022-12-14, table Battery monitor.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import { i16le, ibits, u16le, ubits } from '../../where.ts';
import { victronAlarmReasons } from '../victron-codes.ts';
import { auxiliaryModes, auxiliaryTemperature, midpointVoltage, starterBatteryVoltage } from './auxiliary.ts';

export const batteryMonitor: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'BMV, SmartShunt, Smart Battery Sense',
  fields: {
    // 0xffff also while charging: infinite.
    time_to_go: gauge(u16le(0), { unit: 's', scale: 60, na: 0xffff }),
    battery_voltage: gauge(i16le(2), { unit: 'V', scale: 0.01, na: 0x7fff }),
    alarms: flags(u16le(4), victronAlarmReasons, { problem: true }),
    starter_battery_voltage: starterBatteryVoltage,
    battery_midpoint_voltage: midpointVoltage,
    battery_temperature: auxiliaryTemperature,
    auxiliary_mode: state(ubits(64, 2), auxiliaryModes),
    // The sheet says 3fffff; frames from the air carry 1fffff.
    battery_current: gauge(ibits(66, 22), { unit: 'A', scale: 0.001, na: [0x3fffff, 0x1fffff] }),
    // The vendor shows it negative.
    battery_capacity_consumed: gauge(ubits(88, 20), { unit: 'Ah', scale: 0.1, na: 0xfffff }),
    state_of_charge: gauge(ubits(108, 10), { unit: '%', scale: 0.1, na: 0x3ff }),
  },
  computed: [batteryPower],
};
