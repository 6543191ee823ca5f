// SMA and Victron style. SMA, "FSS-ConnectingBat-TI-en-10"; what Victron's devices read besides, from captures of Pytes,
// SEPLOS and BYD batteries.
//
// 0x35A has two bits for each condition: 01 raised, 10 sent and clear, 00 not sent or clear, 11 not available. Only 01 is
// an alarm.
// 0x305 and 0x307 are said by the inverter and hold nothing of a battery.

import { type Codes, counter, flag, flags, gauge, info } from '../../field.ts';
import { asciiIn, type Frames, inFrame } from '../../frames.ts';
import { u8, u16le, u32le, type Where } from '../../where.ts';
import { extremes, positions } from './extremes.ts';
import {
  capacity,
  type FrameRecord,
  limitsIn,
  maker,
  notAvailable,
  state,
  valuesIn,
} from './shared-frames.ts';

/** The low bits of the pairs that are 01, from a byte to the end of four, or of the frame. */
function raised(from: number): Where<Frames, number | undefined> {
  return {
    text: `0x35A pairs from byte ${from} that are 01`,
    frame: 0x35a,
    present: (frames) => frames.has(0x35a),
    read(frames) {
      const bytes = frames.get(0x35a)?.subarray(from, from + 4);
      if (bytes === undefined || bytes.length === 0 || bytes.every((byte) => byte === 0xff)) return undefined;
      // Not with `<<`: bit 31 must not turn the mask negative.
      return bytes.reduce((mask, byte, index) => mask + (byte & ~(byte >> 1) & 0x55) * 256 ** index, 0);
    },
  };
}

const conditions: Codes = {
  0: 'general_alarm',
  2: 'battery_voltage_high',
  4: 'battery_voltage_low',
  6: 'temperature_high',
  8: 'temperature_low',
  10: 'charge_temperature_high',
  12: 'charge_temperature_low',
  14: 'discharge_current_high',
  16: 'charge_current_high',
  18: 'contactor_failure',
  20: 'short_circuit',
  22: 'bms_failure',
  24: 'cell_imbalance',
  26: 'system_status',
};

export const alarms: FrameRecord = {
  kind: 'battery',
  about: 'alarms and warnings',
  fields: {
    alarms: flags(raised(0), conditions, { problem: true }),
    warnings: flags(raised(4), conditions, { problem: true }),
  },
};

const keepAlive: FrameRecord = { kind: 'battery', about: 'keep-alive of the inverter', fields: {} };

const of = (about: string, fields: FrameRecord['fields']): FrameRecord => ({
  kind: 'battery',
  about,
  fields,
});

const count = (offset: number) => gauge(inFrame(0x372, u16le(offset)), { na: notAvailable.unsigned });
const cellVoltage = (offset: number) =>
  gauge(inFrame(0x373, u16le(offset)), { unit: 'V', scale: 0.001, na: notAvailable.unsigned });
// Kelvin; 0 K is what is sent where nothing is measured.
const cellTemperature = (offset: number) =>
  gauge(inFrame(0x373, u16le(offset)), { unit: '°C', offset: -273, na: [0, notAvailable.unsigned] });
const energy = (offset: number) =>
  counter(inFrame(0x378, u32le(offset)), { unit: 'Wh', scale: 100, na: 0xffffffff });

export const victronRecords: { readonly [record: string]: FrameRecord } = {
  '0x305': keepAlive,
  '0x307': keepAlive,
  '0x351': limitsIn(0x351),
  '0x354': capacity(0.1),
  '0x355': state,
  '0x356': valuesIn(0x356, 0x351, 1),
  '0x35A': alarms,
  '0x35E': maker,
  '0x35F': of('identity', {
    product_code: info(inFrame(0x35f, u16le(0)), { na: notAvailable.unsigned }),
    firmware_version: info(inFrame(0x35f, u16le(2)), {
      convert: (raw) => `${Number(raw) & 0xff}.${Number(raw) >> 8}`,
    }),
    battery_capacity_available: gauge(inFrame(0x35f, u16le(4)), { unit: 'Ah', na: notAvailable.unsigned }),
  }),
  '0x360': of('request', { charge_requested: flag(inFrame(0x360, u8(0)), { on: 0xff }) }),
  '0x370': extremes('name, first half'),
  '0x371': positions('name, second half'),
  '0x372': of('modules', {
    module_count_online: count(0),
    module_count_blocking_charge: count(2),
    module_count_blocking_discharge: count(4),
    module_count_offline: count(6),
  }),
  '0x373': of('extremes', {
    cell_voltage_min: cellVoltage(0),
    cell_voltage_max: cellVoltage(2),
    cell_temperature_min: cellTemperature(4),
    cell_temperature_max: cellTemperature(6),
  }),
  '0x374': of('position', { cell_voltage_min_position: info(asciiIn(0x374)) }),
  '0x375': of('position', { cell_voltage_max_position: info(asciiIn(0x375)) }),
  '0x376': of('position', { cell_temperature_min_position: info(asciiIn(0x376)) }),
  '0x377': of('position', { cell_temperature_max_position: info(asciiIn(0x377)) }),
  '0x378': of('energy', {
    battery_energy_charged_total: energy(0),
    battery_energy_discharged_total: energy(4),
  }),
  '0x379': of('capacity', {
    battery_capacity_rated: gauge(inFrame(0x379, u16le(0)), { unit: 'Ah', na: notAvailable.unsigned }),
  }),
  '0x380': of('serial, first half', { serial_number: info(asciiIn(0x380, 0x381)) }),
  '0x381': of('serial, second half', { serial_number: info(asciiIn(0x380, 0x381)) }),
  '0x382': of('product', { model: info(asciiIn(0x382)) }),
};

/** Discover AES and LYNK: the same frames, 0x354 in Ah and 0x356 in 0.1 V, as a public capture shows. */
export const discoverRecords: { readonly [record: string]: FrameRecord } = {
  '0x351': limitsIn(0x351),
  '0x354': capacity(1),
  '0x355': state,
  '0x356': valuesIn(0x356, 0x351, 10),
  '0x35A': alarms,
  '0x35E': maker,
};
