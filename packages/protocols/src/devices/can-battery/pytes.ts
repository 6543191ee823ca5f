// Pytes native, low byte first, which Pytes batteries send besides the Victron set. From the description and capture of
// AndreasBoehm/PytesCANProtocol and one receiver (hoylabs/OpenDTU-OnBattery).

import { batteryPower } from '../../device.ts';
import { counter, flag, flags, gauge, info } from '../../field.ts';
import { asciiIn, type Frames, inFrame } from '../../frames.ts';
import { i16le, u8, u16le, u32le, type Where } from '../../where.ts';
import { cellNames } from '../cells.ts';
import { type FrameRecord, limitsIn, notAvailable as na, percent, valuesIn } from './shared-frames.ts';

/** Two masks of the same bits: a condition is there when it is in either. */
const alarmMask: Where<Frames, number | undefined> = {
  text: '0x403 u32le(0) or u32le(4)',
  frame: 0x403,
  present: (frames) => frames.has(0x403),
  read(frames) {
    const data = frames.get(0x403);
    const first = data && u32le(0).read(data);
    if (data === undefined || first === undefined) return undefined;
    return (first | (u32le(4).read(data) ?? 0)) >>> 0;
  },
};

const isSet = (bit: number): Where<Frames, number | undefined> => ({
  ...alarmMask,
  text: `${alarmMask.text}, bit ${bit}`,
  read(frames) {
    const mask = alarmMask.read(frames);
    return mask === undefined ? undefined : (mask >>> bit) & 1;
  },
});

/** A bit for each module. */
const modulesIn = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
};

const cellVoltage = (offset: number) =>
  gauge(inFrame(0x401, u16le(offset)), { unit: 'V', scale: 0.001, na: na.unsigned });
const temperature = (offset: number) =>
  gauge(inFrame(0x402, i16le(offset)), { unit: '°C', scale: 0.1, na: na.signed });
/** Two digits of the cell and two of its module, as the same batteries write them in Victron's frames. */
const position = (id: number, offset: number) =>
  info(inFrame(id, u16le(offset)), {
    na: na.unsigned,
    convert: (raw) =>
      [Number(raw) & 0xff, Number(raw) >> 8].map((part) => String(part).padStart(2, '0')).join(''),
  });
const balancing = inFrame(0x40d, u16le(4));
const energy = (offset: number) =>
  counter(inFrame(0x41e, u32le(offset)), { unit: 'Wh', scale: 100, na: 0xffffffff });

const native: FrameRecord = {
  kind: 'battery',
  about: '0x400 to 0x41E',
  fields: {
    ...limitsIn(0x400).fields,
    cell_voltage_max: cellVoltage(0),
    cell_voltage_min: cellVoltage(2),
    cell_temperature_max: temperature(0),
    cell_temperature_min: temperature(2),
    cell_voltage_max_position: position(0x401, 4),
    cell_voltage_min_position: position(0x401, 6),
    cell_temperature_max_position: position(0x402, 4),
    cell_temperature_min_position: position(0x402, 6),
    alarms: flags(
      alarmMask,
      {
        0: 'battery_voltage_high',
        4: 'battery_voltage_low',
        8: 'temperature_high',
        12: 'temperature_low',
        17: 'discharge_current_high',
        18: 'discharge_current_high',
        19: 'charge_current_high',
        20: 'charge_current_high',
      },
      { problem: true, unknown: 'left out' },
    ),
    warnings: flags(
      alarmMask,
      {
        1: 'battery_voltage_high',
        3: 'battery_voltage_low',
        9: 'temperature_high',
        11: 'temperature_low',
        21: 'discharge_current_high',
        22: 'charge_current_high',
      },
      { problem: true, unknown: 'left out' },
    ),
    // Of this frame the receiver knows one bit.
    faults: flags(inFrame(0x406, u32le(0)), { 15: 'bms_failure' }, { problem: true, unknown: 'left out' }),
    charging: flag(isSet(26)),
    discharging: flag(isSet(27)),
    state_of_charge: gauge(inFrame(0x404, u16le(0)), { unit: '%', convert: percent }),
    state_of_health: gauge(inFrame(0x404, u16le(2)), { unit: '%', convert: percent }),
    battery_cycle_count: counter(inFrame(0x404, u16le(6)), { na: na.unsigned }),
    ...valuesIn(0x405, 0x400, 1).fields,
    charge_mos_on: flag(inFrame(0x408, u8(0))),
    discharge_mos_on: flag(inFrame(0x408, u8(1))),
    charge_requested: flag(inFrame(0x408, u8(2))),
    module_count_blocking_charge: gauge(inFrame(0x408, u8(5)), { convert: modulesIn }),
    module_count_blocking_discharge: gauge(inFrame(0x408, u8(6)), { convert: modulesIn }),
    battery_capacity_full: gauge(inFrame(0x409, u32le(0)), { unit: 'Ah', scale: 0.001, na: 0xffffffff }),
    battery_capacity_remaining: gauge(inFrame(0x409, u32le(4)), { unit: 'Ah', scale: 0.001, na: 0xffffffff }),
    product_name: info(asciiIn(0x40a)),
    module_count_online: gauge(inFrame(0x40b, u8(6)), {}),
    module_count_offline: gauge(inFrame(0x40b, u8(7)), {}),
    cells_balancing: flags(balancing, cellNames(16)),
    balancing: flag(balancing),
    battery_energy_charged_total: energy(0),
    battery_energy_discharged_total: energy(4),
  },
  computed: [batteryPower],
};

export const pytesRecords = { native };
