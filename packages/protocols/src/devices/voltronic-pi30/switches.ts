// Voltronic PI30, QFLAG: E and the letters that are on, D and those that are off. A letter in neither: the device has no
// such switch. n and g are seen and unknown.

import type { RecordDefinition } from '../../device.ts';
import { type Field, flag } from '../../field.ts';
import { askPi30, brief } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { pi30Columns } from '../voltronic-columns.ts';

function letter(name: string): Field<Columns> {
  return flag({
    text: `letter ${name}`,
    labels: [name],
    present: ([list = '']) => list.includes(name),
    read: ([list = '']) => Number(list.indexOf(name) < list.indexOf('D')),
  });
}

export const switches: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'switches',
  asked: askPi30('QFLAG', (data) => /^E[a-z]*D[a-z]*$/.test(data), brief),
  parse: pi30Columns,
  turn: { everyMs: 300_000 },
  optional: true,
  fields: {
    setting_buzzer_on: letter('a'),
    setting_overload_bypass_on: letter('b'),
    setting_feed_in_enabled: letter('d'),
    setting_power_saving_on: letter('j'),
    setting_display_return_on: letter('k'),
    setting_data_log_message_on: letter('l'),
    setting_overload_restart_on: letter('u'),
    setting_over_temperature_restart_on: letter('v'),
    setting_display_backlight_on: letter('x'),
    setting_primary_source_alarm_on: letter('y'),
    setting_fault_record_on: letter('z'),
  },
};
