// Renogy Rover, Wanderer, Adventurer, and SRNE controllers of the same map; over BT-1, BT-2 or the serial port. Unit FF is
// whichever is alone on its bus; behind a hub its answers would collide.
// "Rover 20A/40A Charge Controller, MODBUS protocol".

import type { DeviceDefinition, RecordDefinition } from '../device.ts';
import { counter, flag, flags, gauge, info, state } from '../field.ts';
import { modbusAnswerTo, readBlocks } from '../framing/modbus.ts';
import { register, signMagnitude } from '../registers.ts';
import { controllerBatteryTypes, controllerChargeStates } from './controller-states.ts';

const versionOf = (raw: string) => [16, 8, 0].map((shift) => (Number(raw) >>> shift) & 0xff).join('.');
const hexOf = (raw: string) => Number(raw).toString(16).padStart(8, '0');
/** Each by itself: a controller may have one and not the other. */
const settings = [0xe002, 0xe004].map((address) => ({ address, words: 1 }));

/** Bits of the high word; 2 is a warning. */
const faults = {
  0: 'battery_over_discharged',
  1: 'battery_voltage_high',
  3: 'load_short_circuit',
  4: 'overload',
  5: 'temperature_high',
  6: 'ambient_temperature_high',
  7: 'pv_power_high',
  8: 'pv_short_circuit',
  9: 'pv_voltage_high',
  10: 'pv_current_reversed',
  11: 'pv_working_point_voltage_high',
  12: 'pv_reversed',
  13: 'reverse_mos_short_circuit',
  14: 'charge_mos_short_circuit',
};

const status: RecordDefinition<Uint8Array> = {
  kind: 'solar_charger',
  about: 'registers 0100 to 0121, ratings 000A to 0019, settings E002 and E004',
  ...readBlocks(0xff, { address: 0x0100, words: 34 }, { address: 0x000a, words: 16 }, ...settings),
  fields: {
    battery_voltage_rated: gauge(register.high(0x000a), { unit: 'V', na: 0xff }),
    battery_charge_current_rated: gauge(register.low(0x000a), { unit: 'A' }),
    battery_discharge_current_rated: gauge(register.high(0x000b), { unit: 'A' }),
    model: info(register.text(0x000c, 8)),
    firmware_version: info(register.u32(0x0014), { convert: versionOf }),
    hardware_version: info(register.u32(0x0016), { convert: versionOf }),
    serial_number: info(register.u32(0x0018), { convert: hexOf }),
    state_of_charge: gauge(register.u16(0x0100), { unit: '%' }),
    battery_voltage: gauge(register.u16(0x0101), { unit: 'V', scale: 0.1 }),
    battery_charge_current: gauge(register.u16(0x0102), { unit: 'A', scale: 0.01 }),
    device_temperature: gauge(register.high(0x0103), { unit: '°C', convert: signMagnitude }),
    battery_temperature: gauge(register.low(0x0103), { unit: '°C', convert: signMagnitude }),
    load_voltage: gauge(register.u16(0x0104), { unit: 'V', scale: 0.1 }),
    load_current: gauge(register.u16(0x0105), { unit: 'A', scale: 0.01 }),
    load_power: gauge(register.u16(0x0106), { unit: 'W' }),
    pv_voltage: gauge(register.u16(0x0107), { unit: 'V', scale: 0.1 }),
    pv_current: gauge(register.u16(0x0108), { unit: 'A', scale: 0.01 }),
    pv_power: gauge(register.u16(0x0109), { unit: 'W' }),
    battery_voltage_min_today: gauge(register.u16(0x010b), { unit: 'V', scale: 0.1 }),
    battery_voltage_max_today: gauge(register.u16(0x010c), { unit: 'V', scale: 0.1 }),
    battery_charge_current_max_today: gauge(register.u16(0x010d), { unit: 'A', scale: 0.01 }),
    battery_discharge_current_max_today: gauge(register.u16(0x010e), { unit: 'A', scale: 0.01 }),
    battery_charge_power_max_today: gauge(register.u16(0x010f), { unit: 'W' }),
    battery_discharge_power_max_today: gauge(register.u16(0x0110), { unit: 'W' }),
    battery_throughput_charged_today: counter(register.u16(0x0111), { unit: 'Ah' }),
    battery_throughput_discharged_today: counter(register.u16(0x0112), { unit: 'Ah' }),
    pv_energy_today: counter(register.u16(0x0113), { unit: 'Wh' }),
    load_energy_today: counter(register.u16(0x0114), { unit: 'Wh' }),
    operating_time: counter(register.u16(0x0115), { unit: 's', scale: 86_400 }),
    battery_over_discharge_count: counter(register.u16(0x0116), {}),
    battery_full_charge_count: counter(register.u16(0x0117), {}),
    battery_throughput_charged_total: counter(register.u32(0x0118), { unit: 'Ah' }),
    battery_throughput_discharged_total: counter(register.u32(0x011a), { unit: 'Ah' }),
    pv_energy_total: counter(register.u32(0x011c), { unit: 'Wh' }),
    load_energy_total: counter(register.u32(0x011e), { unit: 'Wh' }),
    load_on: flag(register.bits(0x0120, 15)),
    load_brightness: gauge(register.bits(0x0120, 8, 7), { unit: '%' }),
    charge_state: state(register.low(0x0120), controllerChargeStates),
    faults: flags(register.u16(0x0121), faults, { problem: true, unknown: 'left out' }),
    warnings: flags(register.bits(0x0121, 2), { 0: 'battery_voltage_low' }, { problem: true }),
    setting_battery_capacity: gauge(register.u16(0xe002), { unit: 'Ah' }),
    setting_battery_type: state(register.u16(0xe004), controllerBatteryTypes),
  },
};

export const renogyController: DeviceDefinition = {
  id: 'renogy-controller',
  name: 'Renogy and SRNE solar controllers',
  preparation: [
    'A BT-1 or BT-2 serves one program at a time: close the phone app. After an unclean end it may stay connected: unplug it.',
    'Only a controller that is alone behind its module or cable can be read: behind a communication hub or in a daisy chain the answers of several would collide.',
  ],
  doubts: [
    "Energy counts Wh, not kWh as the maker's table says: a real answer proves it.",
    "The maker's example swaps the names of two faults, a battery below its warning voltage and one above its highest; the table is taken.",
  ],
  vendor: 'renogy',
  media: [
    { medium: 'gatt', services: ['fff0', 'ffd0'], notify: 'fff1', write: 'ffd1' },
    { medium: 'serial', baudRate: 9600 },
  ],
  advertisedNames: /^BT-TH-/,
  records: { status },
  ask: { namesQuestion: false, exchangeOf: modbusAnswerTo },
};
