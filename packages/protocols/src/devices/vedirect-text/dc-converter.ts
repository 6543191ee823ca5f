// VE.Direct text of DC converters. "VE.Direct Protocol", 3.34, tables of Orion XS.

import type { RecordDefinition } from '../../device.ts';
import { gauge } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import {
  deviceError,
  deviceState,
  identity,
  mainCurrent,
  mainPower,
  mainVoltage,
  offReasons,
} from './fields.ts';
import { decimal } from './labels.ts';

export const dcConverter: RecordDefinition<Block> = {
  kind: 'dc_converter',
  about: 'Orion XS',
  fields: {
    ...identity,
    dc_output_voltage: mainVoltage,
    dc_output_current: mainCurrent,
    dc_output_power: mainPower,
    off_reasons: offReasons,
    device_error: deviceError,
    charge_state: deviceState,
    // Not in mV, unlike V.
    dc_input_voltage: gauge(decimal('DC_IN_V'), { unit: 'V', scale: 0.01 }),
    dc_input_current: gauge(decimal('DC_IN_I'), { unit: 'A', scale: 0.1 }),
    dc_input_power: gauge(decimal('DC_IN_P'), { unit: 'W' }),
  },
};
