// politi/victron-ble2mqtt: seven keys of a solar charger, whatever the device is.

import { batteryPower, type RecordDefinition } from '../device.ts';
import { counter, gauge } from '../field.ts';
import { type Entries, entry, number, text, word } from './entries.ts';
import { entriesOf, type Rule, translated } from './translation.ts';

/** Its library gives some "not available" of the radio as the number of their bits. */
const solarCharger: RecordDefinition<Entries> = {
  kind: 'solar_charger',
  about: 'victron-ble2mqtt, topic victron/<type>/<name>',
  fields: {
    charge_state: word(entry('charge_state', text), {
      OFF: 'off',
      LOW_POWER: 'low_power',
      FAULT: 'fault',
      BULK: 'bulk',
      ABSORPTION: 'absorption',
      FLOAT: 'float',
      STORAGE: 'storage',
      EQUALIZE_MANUAL: 'equalize',
      INVERTING: 'inverting',
      POWER_SUPPLY: 'power_supply',
      STARTING_UP: 'starting_up',
      REPEATED_ABSORPTION: 'repeated_absorption',
      RECONDITION: 'auto_equalize',
      BATTERY_SAFE: 'battery_safe',
      ACTIVE: 'load_detect',
      EXTERNAL_CONTROL: 'external_control',
    }),
    battery_voltage: gauge(entry('battery_voltage', number), { unit: 'V', na: 327.67 }),
    battery_current: gauge(entry('battery_charging_current', number), { unit: 'A', na: 3276.7 }),
    pv_energy_today: counter(entry('yield_today', number), { unit: 'Wh', na: 655_350 }),
    pv_power: gauge(entry('solar_power', number), { unit: 'W', na: 65_535 }),
    load_current: gauge(entry('external_device_load', number), { unit: 'A', na: 51.1 }),
  },
  computed: [batteryPower],
};

const record = 'victron-ble2mqtt';
const keys = new Set([
  ...['charge_state', 'battery_voltage', 'battery_charging_current', 'yield_today', 'solar_power'],
  ...['external_device_load', '_timestamp'],
]);
/** Type words of Victron's devices that are no solar chargers: their numbers come under solar names. */
const otherTypes = /shunt|bmv|sense|lithium|orion|phoenix|inverter|multi|quattro|lynx|protect|meter/i;

export const ble2mqtt: Rule = {
  records: { [record]: solarCharger },
  topic: /^[^/]+\/[^/]+\/[^/]+$/,
  translate: ({ topic, json }) => {
    const entries = entriesOf(json);
    if (entries === undefined || ![...entries.keys()].every((key) => keys.has(key))) return undefined;
    const state = entries.get('charge_state');
    if (typeof state !== 'string' || !/^[A-Z_]+$/.test(state) || !entries.has('battery_voltage'))
      return undefined;
    const [vendor = '', type = '', name = ''] = topic.split('/');
    const timeMs = entries.get('_timestamp');
    return {
      ...translated([record, solarCharger], { vendor, type, name }, entries),
      ...(typeof timeMs === 'number' ? { timeMs: Math.round(timeMs) } : {}),
      ...(otherTypes.test(type)
        ? { doubt: `victron-ble2mqtt decodes every device as a solar charger, and this is a ${type}` }
        : {}),
    };
  },
};
