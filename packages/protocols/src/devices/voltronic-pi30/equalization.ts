// Voltronic PI30, QBEQI: equalisation. Columns 4 and 6 are reserved.

import type { RecordDefinition } from '../../device.ts';
import { flag, gauge } from '../../field.ts';
import { askPi30, brief } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi30Columns, pi30Shape, value } from '../voltronic-columns.ts';

const isEqualization = pi30Shape({
  least: 9,
  most: 12,
  looks: { 0: looks.yesOrNo, 1: /^\d{3}$/, 2: /^\d{3}$/, 5: looks.decimal, 8: looks.yesOrNo },
});

export const equalization: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'equalisation',
  asked: askPi30('QBEQI', isEqualization, brief),
  parse: pi30Columns,
  turn: { everyMs: 3_600_000 },
  optional: true,
  fields: {
    setting_equalization_enabled: flag(value(0)),
    setting_equalization_time: gauge(value(1), { unit: 's', scale: 60 }),
    setting_equalization_interval: gauge(value(2), { unit: 's', scale: 86_400 }),
    setting_equalization_current_max: gauge(value(3), { unit: 'A' }),
    setting_battery_equalization_voltage: gauge(value(5), { unit: 'V' }),
    setting_equalization_timeout: gauge(value(7), { unit: 's', scale: 60 }),
    equalization_active: flag(value(8)),
    equalization_elapsed: gauge(value(9), { unit: 's', scale: 3600 }),
  },
};
