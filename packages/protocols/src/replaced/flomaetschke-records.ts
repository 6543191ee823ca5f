// The values of FloMaetschke's four device types, all as texts: numbers, or a raw code and its name ("9: Inverting").

import { batteryPower, type RecordDefinition } from '../device.ts';
import {
  victronAlarmReasons,
  victronErrors,
  victronMeterTypes,
  victronOffReasons,
  victronStates,
} from '../devices/victron-codes.ts';
import { counter, flag, flags, gauge, info, state } from '../field.ts';
import { type Entries, type EntryWhere, entry, text, unfit, writtenNumber } from './entries.ts';

/** The first of the names that is there: the program has several paths, each with its own. */
function any<Raw extends number | string>(
  ...places: readonly EntryWhere<Raw | undefined>[]
): EntryWhere<Raw | undefined> {
  const at = (entries: Entries) => places.find(({ present }) => present?.(entries));
  return {
    text: places.map((place) => place.text).join(' or '),
    labels: places.flatMap(({ labels = [] }) => labels),
    present: (entries) => at(entries) !== undefined,
    read: (entries) => at(entries)?.read(entries),
  };
}
const of = (...keys: readonly string[]) => any(...keys.map((key) => entry(key, writtenNumber)));
const said = (...keys: readonly string[]) => any(...keys.map((key) => entry(key, text)));
/** The number before the colon; the name behind it is looked up here. */
const code = (key: string) =>
  entry(key, (given) => {
    const [, written] = /^(-?\d+|0x[0-9a-f]+)(?::|$)/i.exec(String(given)) ?? [];
    if (written === undefined) throw unfit(key, 'a number before a colon', given);
    return Number(written);
  });
const productCode = entry('Product ID', (given) => String(given).split(':')[0]?.trim() ?? '');
/** Minutes; −1 has no end. */
const minutes = { unit: 's', scale: 60, na: -1 } as const;
const kilowattHours = (...keys: readonly string[]) =>
  counter(of(...keys), { unit: 'Wh', convert: (raw) => Math.round(raw * 1_000_000) / 1000 });
/** Sent as a negative number, ours is how much it is. */
const amount = (key: string) => gauge(of(key), { unit: 'Ah', convert: (raw) => 0 - raw });

const smartShunt: RecordDefinition<Entries> = {
  kind: 'battery',
  about: 'FloMaetschke, smartshunt',
  fields: {
    battery_voltage: gauge(of('Voltage'), { unit: 'V' }),
    battery_current: gauge(of('Current'), { unit: 'A' }),
    battery_power: gauge(of('Power'), { unit: 'W' }),
    state_of_charge: gauge(of('State Of Charge', 'Charge Status'), { unit: '%' }),
    starter_battery_voltage: gauge(of('Starter Battery Voltage', 'Starter Voltage', 'Starter'), {
      unit: 'V',
    }),
    battery_temperature: gauge(of('Battery Temperature'), { unit: '°C' }),
    battery_capacity_consumed: amount('Used Energy'),
    time_to_go: gauge(of('Time To Go', 'Time to go', 'Remaining Time'), minutes),
    alarm_level: state(
      entry('Alarm', (given) => {
        const on = /^(?:1|on|true)(?::|$)/i.test(String(given));
        if (!on && !/^(?:0|off|false)(?::|$)/i.test(String(given))) throw unfit('Alarm', 'on or off', given);
        return on ? 1 : 0;
      }),
      { 0: 'none', 1: 'alarm' },
      { problem: true },
    ),
    alarms: flags(code('Alarm Reason'), victronAlarmReasons, { problem: true }),
    battery_discharge_deepest: amount('Deepest Discharge'),
    battery_discharge_last: amount('Last Discharge'),
    battery_discharge_mean: amount('Average Discharge'),
    battery_cycle_count: counter(of('Charge Cycles', 'Total Charge Cycles'), {}),
    battery_full_discharge_count: counter(of('Full Discharges'), {}),
    battery_throughput_discharged_total: counter(of('Cumulative Ah Drawn'), {
      unit: 'Ah',
      convert: (raw) => 0 - raw,
    }),
    battery_voltage_min: gauge(of('Battery Voltage min', 'Min Battery Voltage'), { unit: 'V' }),
    battery_voltage_max: gauge(of('Battery Voltage max', 'Max Battery Voltage'), { unit: 'V' }),
    time_since_full_charge: gauge(of('Time Since Last Full'), { unit: 's' }),
    battery_synchronization_count: counter(of('Synchonisations', 'Synchronizations'), {}),
    battery_voltage_low_count: counter(of('Alarm Voltage low', 'Number of Low Voltage Alarms'), {}),
    battery_voltage_high_count: counter(of('Alarm Voltage high', 'Number of High Voltage Alarms'), {}),
    starter_battery_voltage_min: gauge(of('Starter Battery Voltage min', 'Minimum Starter Voltage (1)'), {
      unit: 'V',
    }),
    starter_battery_voltage_max: gauge(of('Starter Battery Voltage max', 'Maximum Starter Voltage (1)'), {
      unit: 'V',
    }),
    battery_energy_discharged_total: kilowattHours('Total Discharged Energy', 'Discharged Energy'),
    battery_energy_charged_total: kilowattHours('Total Charged Energy', 'Charged Energy'),
    product_code: info(productCode),
    model: info(said('BMV')),
    firmware_version: info(said('Firmware Version')),
    serial_number: info(said('Serial')),
    meter_type: state(code('MON ?'), victronMeterTypes),
  },
  computed: [batteryPower],
};

const smartSolar: RecordDefinition<Entries> = {
  kind: 'solar_charger',
  about: 'FloMaetschke, smartsolar',
  fields: {
    battery_voltage: gauge(of('Voltage'), { unit: 'V' }),
    battery_current: gauge(of('Current'), { unit: 'A' }),
    load_current: gauge(of('Load Current'), { unit: 'A' }),
    pv_voltage: gauge(of('Voltage Panel', 'SmartSolar Solar Voltage'), { unit: 'V' }),
    pv_power: gauge(of('Power', 'SmartSolar Power'), { unit: 'W' }),
    pv_current: gauge(of('SmartSolar Solar Current'), { unit: 'A' }),
    charge_state: state(code('Status'), victronStates),
    pv_tracker_state: state(code('MPPT Tracker Operation Mode'), { 0: 'off', 1: 'limited', 2: 'tracking' }),
    off_reasons: flags(
      entry('Off Reason', (given) => {
        const [, written] = /^(?:0x)?([0-9a-f]{1,8})(?::|$)/i.exec(String(given)) ?? [];
        if (written === undefined) throw unfit('Off Reason', 'a hexadecimal number before a colon', given);
        return Number.parseInt(written, 16);
      }),
      victronOffReasons,
    ),
    device_error: state(code('Error Code'), victronErrors, { problem: true }),
    load_on: flag(
      entry('Virtual Load Output', (given) => {
        if (!/^(?:on|off)$/i.test(String(given))) throw unfit('Virtual Load Output', 'ON or OFF', given);
        return String(given).toLowerCase() === 'on' ? 1 : 0;
      }),
    ),
    pv_energy_total: kilowattHours('Energy All Time'),
    pv_energy_today: kilowattHours('Energy Today'),
    pv_energy_yesterday: gauge(of('Energy Yesterday'), {
      unit: 'Wh',
      convert: (raw) => Math.round(raw * 1_000_000) / 1000,
    }),
    pv_power_max_today: gauge(of('Max Power Today'), { unit: 'W' }),
    pv_power_max_yesterday: gauge(of('Max Power Yesterday'), { unit: 'W' }),
    day_number: gauge(of('Day sequence Number (0..364)'), {}),
    product_code: info(productCode),
    firmware_version: info(said('Firmware Version')),
    serial_number: info(said('Serial')),
  },
  computed: [batteryPower],
};

const phoenix: RecordDefinition<Entries> = {
  kind: 'inverter',
  about: 'FloMaetschke, phoenix',
  fields: {
    ac_output_voltage: gauge(of('AC Voltage'), { unit: 'V' }),
    ac_output_current: gauge(of('AC Current'), { unit: 'A' }),
    battery_voltage: gauge(of('Voltage'), { unit: 'V' }),
    device_state: state(code('Status'), victronStates),
    setting_device_mode: state(code('Mode'), {
      1: 'charger',
      2: 'inverter',
      3: 'on',
      4: 'off',
      5: 'economy',
      252: 'standby',
      253: 'hibernate',
    }),
    alarms: flags(code('Alarm Reason'), victronAlarmReasons, { problem: true }),
    warnings: flags(code('Warning'), victronAlarmReasons, { problem: true }),
    product_code: info(productCode),
    firmware_version: info(said('Firmware')),
    serial_number: info(said('Serial')),
  },
};

const orionSmart: RecordDefinition<Entries> = {
  kind: 'dc_converter',
  about: 'FloMaetschke, orionsmart',
  fields: {
    dc_output_voltage: gauge(of('Voltage'), { unit: 'V' }),
    dc_input_voltage: gauge(of('Input Voltage'), { unit: 'V' }),
  },
};

export const flomaetschkeRecords: { readonly [record: string]: RecordDefinition<Entries> } = {
  'flomaetschke-smartshunt': smartShunt,
  'flomaetschke-smartsolar': smartSolar,
  'flomaetschke-phoenix': phoenix,
  'flomaetschke-orionsmart': orionSmart,
};

/** Device types, as that program's configuration writes them. */
export const flomaetschkeTypes = ['smartshunt', 'smartsolar', 'phoenix', 'orionsmart'] as const;

export const keysOf = ({ fields }: RecordDefinition<Entries>): ReadonlySet<string> =>
  new Set(Object.values(fields).flatMap(({ where }) => where.labels ?? []));
