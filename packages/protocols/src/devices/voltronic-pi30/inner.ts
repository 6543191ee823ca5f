// Voltronic PI30, Q1: inner values that the vendor does not document; one implementation. The only source of several
// temperatures and of the stage of charging.

import type { RecordDefinition } from '../../device.ts';
import { flag, gauge, state } from '../../field.ts';
import { askPi30, brief } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi30Columns, pi30Shape, value } from '../voltronic-columns.ts';

const { twoDigits } = looks;
const isInner = pi30Shape({
  least: 17,
  looks: {
    0: /^\d{5}$/,
    1: /^\d{5}$/,
    2: twoDigits,
    3: twoDigits,
    9: twoDigits,
    10: twoDigits,
    15: looks.decimal,
    16: twoDigits,
  },
});

export const inner: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'inner values, undocumented',
  asked: askPi30('Q1', isInner, brief),
  parse: pi30Columns,
  turn: { everyMs: 30_000 },
  optional: true,
  fields: {
    time_to_absorption_end: gauge(value(0), { unit: 's' }),
    time_to_float_end: gauge(value(1), { unit: 's' }),
    solar_charger_ok: flag(value(2)),
    solar_charger_allowed: flag(value(3)),
    battery_charge_current_mean: gauge(value(4), { unit: 'A' }),
    solar_charger_temperature: gauge(value(5), { unit: '°C' }),
    inverter_temperature: gauge(value(6), { unit: '°C' }),
    battery_heatsink_temperature: gauge(value(7), { unit: '°C' }),
    transformer_temperature: gauge(value(8), { unit: '°C' }),
    parallel_role: state(value(9), { 0: 'none', 1: 'slave', 2: 'master' }),
    fan_locked: flag(value(10), { problem: true }),
    fan_speed: gauge(value(12), { unit: '%' }),
    pv_power: gauge(value(13), { unit: 'W' }),
    charge_state: state(value(16), { 10: 'off', 11: 'bulk', 12: 'absorption', 13: 'float' }),
  },
};
