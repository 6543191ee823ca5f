// VE.Direct text of DC converters. "VE.Direct Protocol", 3.34, tables of Orion XS.

import type { RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronErrors, victronOffReasons, victronStates } from '../victron-codes.ts';
import { code, decimal, hexadecimal, identity } from './labels.ts';

export const dcConverter: RecordDefinition<Block> = {
  kind: 'dc_converter',
  about: 'Orion XS',
  fields: {
    ...identity,
    dc_output_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    dc_output_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    dc_output_power: gauge(decimal('P'), { unit: 'W' }),
    off_reasons: flags(hexadecimal('OR'), victronOffReasons),
    device_error: state(code('ERR'), victronErrors, { na: 0xff, problem: true }),
    charge_state: state(code('CS'), victronStates, { na: 0xff }),
    // Not in mV, unlike V.
    dc_input_voltage: gauge(decimal('DC_IN_V'), { unit: 'V', scale: 0.01 }),
    dc_input_current: gauge(decimal('DC_IN_I'), { unit: 'A', scale: 0.1 }),
    dc_input_power: gauge(decimal('DC_IN_P'), { unit: 'W' }),
  },
};
