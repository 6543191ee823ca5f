// Interster's logger: the bare answer of the inverter to QPIGS, on a topic that its owner wrote into the script.

import { batteryPower, type RecordDefinition } from '../device.ts';
import { netBatteryCurrent } from '../devices/voltronic-words.ts';
import { flag, gauge } from '../field.ts';
import { deviceOf } from './axpert.ts';
import { bits, type Entries, entry, writtenBits, writtenNumber } from './entries.ts';
import { type Rule, translated } from './translation.ts';
import { pvPowerOfTrackers, statusFlags } from './voltronic.ts';

const column = (index: number) => entry(String(index), writtenNumber);
const charger = entry('20', writtenBits(3));

const qpigs: RecordDefinition<Entries> = {
  kind: 'inverter',
  about: 'Interster, the bare answer to QPIGS; columns from 0',
  fields: {
    ac_input_voltage: gauge(column(0), { unit: 'V' }),
    ac_input_frequency: gauge(column(1), { unit: 'Hz' }),
    ac_output_voltage: gauge(column(2), { unit: 'V' }),
    ac_output_frequency: gauge(column(3), { unit: 'Hz' }),
    ac_output_apparent_power: gauge(column(4), { unit: 'VA' }),
    ac_output_power: gauge(column(5), { unit: 'W' }),
    ac_output_load: gauge(column(6), { unit: '%' }),
    dc_bus_voltage: gauge(column(7), { unit: 'V' }),
    battery_voltage: gauge(column(8), { unit: 'V' }),
    battery_charge_current: gauge(column(9), { unit: 'A' }),
    state_of_charge: gauge(column(10), { unit: '%' }),
    heatsink_temperature: gauge(column(11), { unit: '°C' }),
    pv_current_1: gauge(column(12), { unit: 'A' }),
    pv_voltage_1: gauge(column(13), { unit: 'V' }),
    solar_charger_battery_voltage_1: gauge(column(14), { unit: 'V' }),
    battery_discharge_current: gauge(column(15), { unit: 'A' }),
    ...statusFlags(entry('16', writtenBits(8))),
    setting_fan_voltage_offset: gauge(column(17), { unit: 'V', scale: 0.01 }),
    pv_power_1: gauge(column(19), { unit: 'W' }),
    device_on: flag(bits(charger, 1)),
    charging_float: flag(bits(charger, 2)),
  },
  computed: [netBatteryCurrent, pvPowerOfTrackers, batteryPower],
};

const whole = (least: number, most: number) => new RegExp(`^\\d{${least},${most}}$`);
const decimal = /^\d{1,3}\.\d{1,2}$/;
/** Shapes of the columns: there is no checksum, so a cut answer is only known by them. */
const shapes = [
  ...[decimal, decimal, decimal, decimal, whole(4, 5), whole(4, 5), whole(3, 3), whole(3, 3), decimal],
  ...[
    whole(3, 3),
    whole(3, 3),
    whole(4, 4),
    /^\d{2,4}(?:\.\d)?$/,
    decimal,
    decimal,
    whole(5, 5),
    /^[01]{8}$/,
  ],
  ...[whole(2, 2), whole(2, 2), whole(5, 5), /^[01]{3}$/],
];
/** Old firmware ends here. */
const columnsMin = 17;

export const interster: Rule = {
  records: { 'interster-qpigs': qpigs },
  topic: /./,
  translate: ({ topic, text }, { qpigsTopics }) => {
    const name = qpigsTopics.get(topic);
    if (name === undefined) return undefined;
    const columns = text.replace(/^\(/, '').trimEnd().split(' ');
    const wrong = columns.findIndex((written, index) => shapes[index]?.test(written) === false);
    if (columns.length < columnsMin || wrong >= 0) {
      const why =
        wrong < 0 ? `${columns.length} columns` : `"${columns[wrong]?.slice(0, 20)}" in column ${wrong + 1}`;
      return { unfit: `an answer to QPIGS of at least ${columnsMin} columns was expected, ${why} came` };
    }
    const entries = new Map(columns.map((written, index) => [String(index), written]));
    return translated(['interster-qpigs', qpigs], deviceOf(name), entries);
  },
};
