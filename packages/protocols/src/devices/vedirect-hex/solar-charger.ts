// VE.Direct HEX of solar chargers; the trackers by number are RS models'. "BlueSolar and SmartSolar MPPT chargers HEX protocol",
// rev 18.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, each, flags, gauge, state } from '../../field.ts';
import { victronErrors, victronOffReasons, victronTrackerStates } from '../victron-codes.ts';
import {
  batteryTemperature,
  chargerVoltage,
  deviceState,
  internalTemperature,
  mode,
  solarCurrent,
} from './fields.ts';
import { identity } from './identity.ts';
import { either, part, unsigned } from './places.ts';

const trackers = 4;
/** Registers of one tracker lie 0x10 apart from those of the next. */
const ofTracker = (register: number, index: number): number => register + 0x10 * index;

export const historyRegisters: readonly number[] = [0x104f, 0x1050];

const loadStates = { 0: 'off', 1: 'on', 2: 'connecting', 3: 'activating' };

/** Bit 4 is a current meter's in another of the vendor's lists. */
const loadOffReasons = {
  0: 'battery_low',
  1: 'short_circuit',
  2: 'timer',
  3: 'remote_input',
  4: 'pay_as_you_go',
  7: 'starting',
};

const volts = { unit: 'V', scale: 0.01 } as const;
const watts = { unit: 'W', scale: 0.01 } as const;
const amperes = { unit: 'A', scale: 0.1 } as const;
/** Counted in 0.01 kWh. */
const energy = { unit: 'Wh', scale: 10 } as const;

export const solarCharger: RecordDefinition<Uint8Array> = {
  kind: 'solar_charger',
  about: 'BlueSolar and SmartSolar MPPT, also RS',
  fields: {
    ...identity,
    setting_device_mode: mode,
    charge_state: deviceState,
    off_reasons: flags(either(unsigned(0x0207), unsigned(0x0205)), victronOffReasons),
    device_error: state(either(unsigned(0xedda), unsigned(0x2009)), victronErrors, { problem: true }),
    battery_voltage: chargerVoltage,
    battery_current: solarCurrent,
    device_temperature: internalTemperature,
    battery_temperature: batteryTemperature,
    pv_energy_total: counter(either(unsigned(0xeddc), part(0x104f, 6, 4)), energy),
    pv_energy_lifetime: counter(either(unsigned(0xeddd), part(0x104f, 10, 4)), energy),
    pv_energy_today: counter(either(unsigned(0xedd3), part(0x1050, 1, 4)), energy),
    pv_energy_yesterday: gauge(unsigned(0xedd1), energy),
    pv_power_max_today: gauge(either(unsigned(0xedd2), part(0x1050, 24, 4)), { unit: 'W' }),
    pv_power_max_yesterday: gauge(unsigned(0xedd0), { unit: 'W' }),
    pv_power: gauge(unsigned(0xedbc), watts),
    pv_voltage: gauge(unsigned(0xedbb), volts),
    // Models of 10 to 20 A do not have it.
    pv_current: gauge(unsigned(0xedbd), amperes),
    pv_tracker_state: state(unsigned(0xedb3), victronTrackerStates),
    ...each(trackers, (index) => [`pv_power_${index + 1}`, gauge(unsigned(ofTracker(0xeccc, index)), watts)]),
    ...each(trackers, (index) => [
      `pv_voltage_${index + 1}`,
      gauge(unsigned(ofTracker(0xeccb, index)), volts),
    ]),
    ...each(trackers, (index) => [
      `pv_current_${index + 1}`,
      gauge(unsigned(ofTracker(0xeccd, index)), amperes),
    ]),
    ...each(trackers, (index) => [
      `pv_tracker_state_${index + 1}`,
      state(unsigned(ofTracker(0xecc3, index)), victronTrackerStates),
    ]),
    load_current: gauge(unsigned(0xedad), amperes),
    load_state: state(unsigned(0xeda8), loadStates),
    load_voltage: gauge(unsigned(0xeda9), volts),
    load_off_reasons: flags(unsigned(0xed91), loadOffReasons),
    setting_battery_charge_current_max: gauge(unsigned(0xedf0), amperes),
    setting_battery_absorption_voltage: gauge(unsigned(0xedf7), volts),
    setting_battery_float_voltage: gauge(unsigned(0xedf6), volts),
    setting_battery_equalization_voltage: gauge(unsigned(0xedf4), volts),
    battery_voltage_rated: gauge(unsigned(0xedef), { unit: 'V' }),
    setting_battery_type: state(unsigned(0xedf1), {}),
    pv_voltage_max: gauge(part(0x104f, 14, 2), volts),
    battery_voltage_max: gauge(part(0x104f, 16, 2), volts),
    battery_voltage_min: gauge(part(0x104f, 19, 2), volts),
    load_energy_today: counter(part(0x1050, 5, 4), energy),
    battery_voltage_max_today: gauge(part(0x1050, 9, 2), volts),
    battery_voltage_min_today: gauge(part(0x1050, 11, 2), volts),
    battery_charge_current_max_today: gauge(part(0x1050, 28, 2), amperes),
    pv_voltage_max_today: gauge(part(0x1050, 30, 2), volts),
    day_number: gauge(part(0x1050, 32, 2), {}),
  },
  computed: [batteryPower],
};
