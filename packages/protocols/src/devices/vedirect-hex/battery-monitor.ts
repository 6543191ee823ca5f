// VE.Direct HEX of battery monitors. The vendor's document for the BMV, as koestler/go-victron has it; the registers of the
// SmartShunt's Bluetooth service are the same.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, flag, gauge, state } from '../../field.ts';
import { victronMeterTypes } from '../victron-codes.ts';
import { alarmReasons, batteryTemperature, current, voltage, warningReasons } from './fields.ts';
import { identity } from './identity.ts';
import { signed, unsigned } from './places.ts';

const auxiliaryModes = { 0: 'starter_battery_voltage', 1: 'midpoint_voltage', 2: 'temperature', 3: 'none' };

const volts = { unit: 'V', scale: 0.01 } as const;
/** Charge that was taken out is sent negative. */
const taken = { unit: 'Ah', scale: -0.1 } as const;

export const batteryMonitor: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'BMV, SmartShunt',
  fields: {
    ...identity,
    battery_voltage: voltage,
    battery_current: current,
    battery_power: gauge(signed(0xed8e), { unit: 'W' }),
    starter_battery_voltage: gauge(signed(0xed7d), volts),
    battery_capacity_consumed: gauge(signed(0xeeff), taken),
    state_of_charge: gauge(unsigned(0x0fff), { unit: '%', scale: 0.01 }),
    time_to_go: gauge(unsigned(0x0ffe), { unit: 's', scale: 60 }),
    battery_temperature: batteryTemperature,
    battery_midpoint_voltage: gauge(unsigned(0x0382), volts),
    battery_midpoint_deviation: gauge(signed(0x0383), { unit: '%', scale: 0.1 }),
    synchronized: flag(unsigned(0xeeb6)),
    meter_type: state(signed(0xeeb8), victronMeterTypes),
    auxiliary_mode: state(unsigned(0xeef8), auxiliaryModes),
    alarms: alarmReasons,
    warnings: warningReasons,
    relay_on: flag(unsigned(0x034e)),
    battery_discharge_deepest: gauge(signed(0x0300), taken),
    battery_discharge_last: gauge(signed(0x0301), taken),
    battery_discharge_mean: gauge(signed(0x0302), taken),
    battery_throughput_discharged_total: counter(signed(0x0305), taken),
    battery_cycle_count: counter(unsigned(0x0303), {}),
    battery_full_discharge_count: counter(unsigned(0x0304), {}),
    battery_synchronization_count: counter(unsigned(0x0309), {}),
    battery_voltage_low_count: counter(unsigned(0x030a), {}),
    battery_voltage_high_count: counter(unsigned(0x030b), {}),
    battery_voltage_min: gauge(signed(0x0306), volts),
    battery_voltage_max: gauge(signed(0x0307), volts),
    starter_battery_voltage_min: gauge(signed(0x030e), volts),
    starter_battery_voltage_max: gauge(signed(0x030f), volts),
    time_since_full_charge: gauge(unsigned(0x0308), { unit: 's' }),
    battery_energy_discharged_total: counter(unsigned(0x0310), { unit: 'Wh', scale: 10 }),
    battery_energy_charged_total: counter(unsigned(0x0311), { unit: 'Wh', scale: 10 }),
    setting_battery_capacity: gauge(unsigned(0x1000), { unit: 'Ah' }),
  },
  computed: [batteryPower],
};
