// Voltronic PI30: what a BMS behind the inverter says. QBMS (MAX; 0 in column 0 is connected), and QLITH0, which only a REVO
// has and one implementation describes.

import type { RecordDefinition } from '../../device.ts';
import { flag, gauge, state } from '../../field.ts';
import { askPi30, brief } from '../../framing/voltronic.ts';
import { type Columns, column } from '../../where.ts';
import { looks, pi30Columns, pi30Shape, value } from '../voltronic-columns.ts';

const { yesOrNo } = looks;
const isBms = pi30Shape({
  least: 10,
  most: 10,
  looks: {
    0: yesOrNo,
    2: yesOrNo,
    3: yesOrNo,
    4: yesOrNo,
    5: /^\d{3}$/,
    6: /^\d{3}$/,
    7: /^\d{3}$/,
    8: /^\d{4}$/,
  },
});

export const bms: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'BMS behind the inverter',
  asked: askPi30('QBMS', isBms, brief),
  parse: pi30Columns,
  turn: { everyMs: 30_000 },
  optional: true,
  fields: {
    bms_connected: flag(value(0), { on: 0 }),
    bms_state_of_charge: gauge(value(1), { unit: '%' }),
    charge_requested: flag(value(2)),
    discharge_allowed: flag(value(3), { on: 0 }),
    charge_allowed: flag(value(4), { on: 0 }),
    battery_charge_voltage_limit: gauge(value(5), { unit: 'V', scale: 0.1 }),
    battery_float_voltage_limit: gauge(value(6), { unit: 'V', scale: 0.1 }),
    battery_discharge_voltage_limit: gauge(value(7), { unit: 'V', scale: 0.1 }),
    battery_charge_current_limit: gauge(value(8), { unit: 'A' }),
    battery_discharge_current_limit: gauge(value(9), { unit: 'A' }),
  },
};

const bmsVoltage = column(0);
const dischargeLimit = value(9);

const isLithium = pi30Shape({
  least: 12,
  most: 12,
  looks: {
    0: looks.decimal,
    1: looks.decimal,
    2: looks.decimal,
    4: /^\d{3}$/,
    6: looks.decimal,
    9: looks.decimal,
    10: looks.number,
    11: looks.number,
  },
});

export const lithium: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'BMS behind a REVO',
  asked: askPi30('QLITH0', isLithium, brief),
  parse: pi30Columns,
  turn: { everyMs: 30_000 },
  optional: true,
  fields: {
    bms_battery_voltage: gauge(value(0), { unit: 'V' }),
    bms_battery_charge_current: gauge(value(1), { unit: 'A' }),
    bms_battery_discharge_current: gauge(value(2), { unit: 'A' }),
    bms_battery_temperature: gauge(value(3), { unit: '°C', scale: 0.1 }),
    bms_state_of_charge: gauge(value(4), { unit: '%' }),
    battery_wear: gauge(value(5), { unit: '%' }),
    battery_charge_current_limit: gauge(value(6), { unit: 'A' }),
    battery_discharge_current_limit: gauge(value(7), { unit: 'A' }),
    battery_charge_voltage_limit: gauge(value(8), { unit: 'V' }),
    // The only capture has a tenth of what can be meant: what is less than half of the voltage is not known.
    battery_discharge_voltage_limit: gauge(
      {
        ...dischargeLimit,
        read: (columns) => {
          const limit = dischargeLimit.read(columns);
          const now = bmsVoltage.read(columns);
          return limit === undefined || now === undefined || limit < now / 2 ? undefined : limit;
        },
      },
      { unit: 'V' },
    ),
    // The agreed vocabulary has no words for either list of codes.
    bms_error: state(value(10), { 0: 'none' }, { problem: true }),
    bms_state: state(value(11), {}),
  },
};
