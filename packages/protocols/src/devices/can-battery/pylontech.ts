// Pylontech low voltage. "CAN bus protocol PYLON low voltage", V1.2; 0x370 and 0x371 from newer batteries.

import { flag, flags, gauge } from '../../field.ts';
import { inFrame } from '../../frames.ts';
import { bitsOf, u8, u16le } from '../../where.ts';
import { extremes, positions } from './extremes.ts';
import { capacity, type FrameRecord, limitsIn, maker, state, valuesIn } from './shared-frames.ts';

const request = (bit: number) => inFrame(0x35c, bitsOf(u8(0), bit));

export const protections: FrameRecord = {
  kind: 'battery',
  about: 'protections, warnings and modules',
  fields: {
    protections: flags(
      inFrame(0x359, u16le(0)),
      {
        1: 'cell_voltage_high',
        2: 'cell_voltage_low',
        3: 'temperature_high',
        4: 'temperature_low',
        7: 'discharge_current_high',
        8: 'charge_current_high',
        11: 'system_failure',
        15: 'system_failure',
      },
      { problem: true },
    ),
    warnings: flags(
      inFrame(0x359, u16le(2)),
      {
        1: 'cell_voltage_high',
        2: 'cell_voltage_low',
        3: 'temperature_high',
        4: 'temperature_low',
        7: 'discharge_current_high',
        8: 'charge_current_high',
        11: 'internal_communication_lost',
        12: 'cell_failure',
      },
      { problem: true },
    ),
    module_count: gauge(inFrame(0x359, u8(4)), {}),
  },
};

export const requests: FrameRecord = {
  kind: 'battery',
  about: 'requests',
  fields: {
    charge_allowed: flag(request(7)),
    discharge_allowed: flag(request(6)),
    charge_requested_urgent: flag(request(5), { problem: true }),
    charge_requested: flag(request(4)),
    full_charge_requested: flag(request(3)),
  },
};

export const pylontechRecords: { readonly [record: string]: FrameRecord } = {
  '0x351': limitsIn(0x351),
  '0x354': capacity(0.1),
  '0x355': state,
  '0x356': valuesIn(0x356, 0x351, 1),
  '0x359': protections,
  '0x35C': requests,
  '0x35E': maker,
  '0x370': extremes('extremes'),
  '0x371': positions('positions of the extremes'),
};
