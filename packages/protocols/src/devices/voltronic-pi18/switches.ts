// Voltronic PI18, FLAG: nine columns, the last is reserved. The first says that the buzzer is silenced.

import type { RecordDefinition } from '../../device.ts';
import { flag } from '../../field.ts';
import { askPi18, brief } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi18Columns, pi18Shape, value } from '../voltronic-columns.ts';

const isSwitches = pi18Shape({
  least: 8,
  most: 9,
  looks: Object.fromEntries(Array.from({ length: 9 }, (_, column) => [column, looks.yesOrNo])),
});

export const switches: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'switches',
  asked: askPi18('007FLAG', isSwitches, brief),
  parse: pi18Columns,
  turn: { everyMs: 300_000 },
  optional: true,
  fields: {
    setting_buzzer_on: flag(value(0), { on: 0 }),
    setting_overload_bypass_on: flag(value(1)),
    setting_display_return_on: flag(value(2)),
    setting_overload_restart_on: flag(value(3)),
    setting_over_temperature_restart_on: flag(value(4)),
    setting_display_backlight_on: flag(value(5)),
    setting_primary_source_alarm_on: flag(value(6)),
    setting_fault_record_on: flag(value(7)),
  },
};
