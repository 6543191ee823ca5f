// LiTime MPPT with Bluetooth; also HQST M4860N. Modbus unit 1 over one characteristic, without password or pairing. Its
// map is not SRNE's: charge power at 0104 shifts what follows.
// Read by mavenius/litime_mppt_esphome, tomhollingworth/litime-monitor and the replaced program; the maker publishes none.

import type { DeviceDefinition, RecordDefinition } from '../device.ts';
import { counter, flag, flags, gauge, info, state } from '../field.ts';
import { modbusAnswerTo, readRegisters } from '../framing/modbus.ts';
import { register, signMagnitude } from '../registers.ts';
import { controllerChargeStates } from './controller-states.ts';

const unit = 1;
const noSensor = 0xff;

const status: RecordDefinition<Uint8Array> = {
  kind: 'solar_charger',
  about: 'registers 0101 to 0113',
  asked: readRegisters(unit, 0x0101, 19),
  fields: {
    state_of_charge: gauge(register.u16(0x0101), { unit: '%' }),
    battery_voltage: gauge(register.u16(0x0102), { unit: 'V', scale: 0.1 }),
    battery_charge_current: gauge(register.u16(0x0103), { unit: 'A', scale: 0.01 }),
    battery_charge_power: gauge(register.u16(0x0104), { unit: 'W' }),
    device_temperature: gauge(register.high(0x0105), { unit: '°C', na: noSensor, convert: signMagnitude }),
    battery_temperature: gauge(register.low(0x0105), { unit: '°C', na: noSensor, convert: signMagnitude }),
    load_voltage: gauge(register.u16(0x0106), { unit: 'V', scale: 0.1 }),
    load_current: gauge(register.u16(0x0107), { unit: 'A', scale: 0.01 }),
    load_power: gauge(register.u16(0x0108), { unit: 'W' }),
    pv_voltage: gauge(register.u16(0x0109), { unit: 'V', scale: 0.1 }),
    battery_charge_power_max_today: gauge(register.u16(0x010a), { unit: 'W' }),
    battery_energy_charged_today: counter(register.u16(0x010b), { unit: 'Wh' }),
    load_energy_today: counter(register.u16(0x010c), { unit: 'Wh' }),
    load_on: flag(register.bits(0x010d, 15)),
    charge_state: state(register.low(0x010d), controllerChargeStates),
    alarms: flags(register.u16(0x010e), {}, { problem: true }),
    operating_time: counter(register.u16(0x010f), { unit: 's', scale: 86_400 }),
    battery_energy_charged_total: counter(register.u32(0x0110), { unit: 'Wh' }),
    load_energy_total: counter(register.u32(0x0112), { unit: 'Wh' }),
  },
};

const rating: RecordDefinition<Uint8Array> = {
  kind: 'solar_charger',
  about: 'registers 000A to 0014',
  asked: readRegisters(unit, 0x000a, 11),
  turn: 'once',
  optional: true,
  fields: {
    battery_charge_current_rated: gauge(register.high(0x000a), { unit: 'A' }),
    battery_discharge_current_rated: gauge(register.low(0x000a), { unit: 'A' }),
    // 000B: the system voltages that the model can be set to, its highest and its lowest. They never change.
    model: info(register.text(0x000c, 8)),
    firmware_version: info(register.u16(0x0014), { convert: (raw) => (Number(raw) / 100).toFixed(2) }),
  },
};

export const litimeMppt: DeviceDefinition = {
  id: 'litime-mppt',
  name: 'LiTime and HQST MPPT',
  vendor: 'litime',
  preparation: ['The controller serves one program at a time: close the phone app. It has no password.'],
  doubts: [
    '`load_power` may count 0.1 W instead of 1 W: the captures fit both, the registers beside it count whole watts.',
    'Of `charge_state` only the codes 2 and 4 were seen; the others are those of SRNE controllers.',
    'Temperatures below zero are read as in the map of SRNE controllers; none was seen.',
    'The bits of `alarms` have no published names.',
    '`load_on`: one other program has it inverted; in the captures the bit comes with a voltage at the load.',
    'There is no register of the current or power of the panels.',
  ],
  media: [{ medium: 'gatt', services: ['ffe0'], notify: 'ffe1', write: 'ffe1' }],
  advertisedNames: /^BT-LTMPPT/,
  records: { status, rating },
  ask: { namesQuestion: false, exchangeOf: modbusAnswerTo },
};
