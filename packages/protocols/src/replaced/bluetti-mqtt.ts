// warhammerkid/bluetti_mqtt: one bare value a message, and each battery pack as an object.

import type { RecordDefinition } from '../device.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../devices/cells.ts';
import { counter, flag, gauge, info } from '../field.ts';
import { cells, cellsMax } from './cells.ts';
import { type Entries, entry, number, text, unfit, word, writtenNumber } from './entries.ts';
import { entriesOf, isDeviceName, type Rule, translated } from './translation.ts';

const of = (key: string) => entry(key, writtenNumber);
const said = (key: string) => entry(key, text);
const switched = (key: string) =>
  flag(
    entry(key, (given) => {
      if (given !== 'ON' && given !== 'OFF') throw unfit(key, 'ON or OFF', given);
      return given === 'ON' ? 1 : 0;
    }),
  );
const hours = {
  ONE_HOUR: 1,
  TWO_HOURS: 2,
  THREE_HOURS: 3,
  FOUR_HOURS: 4,
  HOURS1: 1,
  HOURS2: 2,
  HOURS3: 3,
  HOURS4: 4,
};
const writtenHours = entry('eco_shutdown', (given) => {
  const found = Object.entries(hours).find(([word]) => word === given);
  if (found === undefined) throw unfit('eco_shutdown', 'ONE_HOUR to FOUR_HOURS', given);
  return found[1];
});

const station: RecordDefinition<Entries> = {
  kind: 'power_station',
  about: 'bluetti_mqtt, topic bluetti/state/<TYPE>-<SERIAL>/<field>',
  fields: {
    pv_power: gauge(of('dc_input_power'), { unit: 'W' }),
    ac_input_power: gauge(of('ac_input_power'), { unit: 'W' }),
    ac_output_power: gauge(of('ac_output_power'), { unit: 'W' }),
    dc_output_power: gauge(of('dc_output_power'), { unit: 'W' }),
    pv_energy_total: counter(of('power_generation'), {
      unit: 'Wh',
      convert: (kilowattHours) => Math.round(kilowattHours * 1_000_000) / 1000,
    }),
    state_of_charge: gauge(of('total_battery_percent'), { unit: '%' }),
    ac_output_on: switched('ac_output_on'),
    dc_output_on: switched('dc_output_on'),
    ac_output_mode: word(said('ac_output_mode'), {
      STOP: 'stopped',
      INVERTER_OUTPUT: 'inverter',
      BYPASS_OUTPUT_C: 'bypass_c',
      BYPASS_OUTPUT_D: 'bypass_d',
      LOAD_MATCHING: 'load_matching',
    }),
    ac_output_voltage: gauge(of('internal_ac_voltage'), { unit: 'V' }),
    inverter_current_1: gauge(of('internal_current_one'), { unit: 'A' }),
    inverter_power_1: gauge(of('internal_power_one'), { unit: 'W' }),
    ac_output_frequency: gauge(of('internal_ac_frequency'), { unit: 'Hz' }),
    inverter_current_2: gauge(of('internal_current_two'), { unit: 'A' }),
    inverter_power_2: gauge(of('internal_power_two'), { unit: 'W' }),
    ac_input_voltage: gauge(of('ac_input_voltage'), { unit: 'V' }),
    inverter_current_3: gauge(of('internal_current_three'), { unit: 'A' }),
    inverter_power_3: gauge(of('internal_power_three'), { unit: 'W' }),
    ac_input_frequency: gauge(of('ac_input_frequency'), { unit: 'Hz' }),
    pv_voltage_1: gauge(of('dc_input_voltage1'), { unit: 'V' }),
    pv_power_1: gauge(of('dc_input_power1'), { unit: 'W' }),
    pv_current_1: gauge(of('dc_input_current1'), { unit: 'A' }),
    battery_voltage: gauge(of('total_battery_voltage'), { unit: 'V' }),
    battery_current: gauge(of('total_battery_current'), { unit: 'A' }),
    setting_working_mode: word(said('ups_mode'), {
      CUSTOMIZED: 'customized',
      PV_PRIORITY: 'pv_priority',
      STANDARD: 'standard',
      TIME_CONTROL: 'time_control',
    }),
    setting_display_timeout: word(said('auto_sleep_mode'), {
      THIRTY_SECONDS: 'thirty_seconds',
      ONE_MINUTE: 'one_minute',
      FIVE_MINUTES: 'five_minutes',
      NEVER: 'never',
      SEC30: 'thirty_seconds',
      MIN1: 'one_minute',
      MIN5: 'five_minutes',
    }),
    setting_light_mode: word(said('led_mode'), { LOW: 'low', HIGH: 'high', SOS: 'sos', OFF: 'off' }),
    setting_economy_on: switched('eco_on'),
    setting_economy_time: gauge(writtenHours, { unit: 's', scale: 3600 }),
    setting_charge_mode: word(said('charging_mode'), {
      STANDARD: 'standard',
      SILENT: 'silent',
      TURBO: 'turbo',
    }),
    setting_power_lifting_on: switched('power_lifting_on'),
    setting_split_phase_on: switched('split_phase_on'),
    parallel_role: word(said('split_phase_machine_mode'), { SLAVE: 'slave', MASTER: 'master' }),
    setting_grid_charge_on: switched('grid_charge_on'),
    setting_time_control_on: switched('time_control_on'),
    setting_state_of_charge_min: gauge(of('battery_range_start'), { unit: '%' }),
    setting_state_of_charge_max: gauge(of('battery_range_end'), { unit: '%' }),
  },
};

const pack: RecordDefinition<Entries> = {
  kind: 'battery',
  about: 'bluetti_mqtt, topic bluetti/state/<TYPE>-<SERIAL>/pack_details<n>',
  fields: {
    pack_number: info(said('number')),
    pack_state: word(said('status'), { STANDBY: 'idle', CHARGE: 'charging', DISCHARGE: 'discharging' }),
    pack_state_of_charge: gauge(entry('percent', number), { unit: '%' }),
    pack_voltage: gauge(entry('voltage', number), { unit: 'V' }),
    ...cells((n) => entry(`voltages[${n - 1}]`, number), { unit: 'V' }),
  },
  computed: [cellVoltageMin, cellVoltageMax, cellVoltageDifference],
};

const stationKeys = new Set(Object.values(station.fields).flatMap(({ where }) => where.labels ?? []));

function deviceOf(topic: string) {
  const [, , unit = ''] = topic.split('/');
  const [, type] = /^(.+)-[^-]+$/.exec(unit) ?? [];
  return type === undefined || !isDeviceName(unit)
    ? undefined
    : { vendor: 'bluetti', type: type.toLowerCase(), name: unit };
}

export const bluettiPack: Rule = {
  records: { 'bluetti-mqtt-pack': pack },
  topic: /^bluetti\/state\/[^/]+\/pack_details\d{1,2}$/,
  translate: ({ topic, json }) => {
    const device = deviceOf(topic);
    const entries = entriesOf(json);
    const voltages = entries?.get('voltages');
    if (device === undefined || !entries?.has('voltage') || !Array.isArray(voltages))
      return { unfit: 'an object with voltage and voltages was expected' };
    if (voltages.length > cellsMax) return { unfit: `${voltages.length} cells in one pack` };
    const number = /\d+$/.exec(topic)?.[0] ?? '';
    const flat = new Map([...entries, ['number', number]]);
    for (const [index, voltage] of voltages.entries()) flat.set(`voltages[${index}]`, voltage);
    return translated(
      ['bluetti-mqtt-pack', pack],
      { ...device, name: `${device.name}_pack_${number}` },
      flat,
    );
  },
};

export const bluettiMqtt: Rule = {
  records: { 'bluetti-mqtt': station },
  topic: /^bluetti\/(?:state|command)\/[^/]+\/[^/]+$/,
  translate: ({ topic, text: written }) => {
    const [, what, , field = ''] = topic.split('/');
    if (what === 'command') return { state: 'a command to a power station: never stored, never executed' };
    if (field === 'power_off') return { state: 'a button' };
    const device = deviceOf(topic);
    if (device === undefined) return { unfit: 'a topic bluetti/state/<TYPE>-<SERIAL>/<field> was expected' };
    if (!stationKeys.has(field)) return { unfit: `bluetti_mqtt has no field "${field.slice(0, 40)}"` };
    return translated(['bluetti-mqtt', station], device, new Map([[field, written]]));
  },
};
