// MindFreeze/hassio-axpert and its forks: what one unit says of itself (QPIGS) and of all in parallel (QPGS0).

import { batteryPower, type RecordDefinition } from '../device.ts';
import {
  netBatteryCurrent,
  voltronicBatteryConditions,
  voltronicChargerPriorities,
  voltronicOutputModes,
} from '../devices/voltronic-words.ts';
import { flag, gauge, info, state } from '../field.ts';
import { bits, type Entries, type EntryWhere, entry, number, text, whole, writtenBits } from './entries.ts';
import { entriesOf, isDeviceName, type Rule, translated } from './translation.ts';
import { pvPowerOfTrackers, statusFlags } from './voltronic.ts';

const of = (key: string) => entry(key, number);

/** Two flags tell the mode; neither of them is a third mode that nobody names. */
const mode: EntryWhere<number | undefined> = {
  text: 'Gridmode, Solarmode or Mode',
  labels: ['Gridmode', 'Solarmode', 'Mode'],
  present: (entries) => ['Gridmode', 'Solarmode', 'Mode'].some((key) => entries.has(key)),
  read: (entries) => {
    const grid = entries.get('Gridmode') === 1 || entries.get('Mode') === 'grid';
    const solar = entries.get('Solarmode') === 1 || entries.get('Mode') === 'solar';
    if (grid === solar) return undefined;
    return grid ? 0 : 1;
  },
};
const inverterStatus = entry('InverterStatus', writtenBits(8));

const parallel: RecordDefinition<Entries> = {
  kind: 'inverter',
  about: 'hassio-axpert, topic power/axpert',
  fields: {
    device_state: state(mode, { 0: 'line', 1: 'battery' }),
    settings_changed: flag(bits(inverterStatus, 0)),
    ac_output_on: flag(bits(inverterStatus, 1)),
    ac_input_lost: flag(bits(inverterStatus, 2)),
    battery_condition: state(bits(inverterStatus, 3, 2), voltronicBatteryConditions),
    charging_from_pv: flag(bits(inverterStatus, 5)),
    charging_from_ac: flag(bits(inverterStatus, 6)),
    solar_charger_ok: flag(bits(inverterStatus, 7)),
    serial_number: info(entry('SerialNumber', text)),
    battery_charge_current: gauge(of('BatteryChargingCurrent'), { unit: 'A' }),
    battery_discharge_current: gauge(of('BatteryDischargeCurrent'), { unit: 'A' }),
    system_battery_charge_current: gauge(of('TotalChargingCurrent'), { unit: 'A' }),
    ac_input_voltage: gauge(of('GridVoltage'), { unit: 'V' }),
    ac_input_frequency: gauge(of('GridFrequency'), { unit: 'Hz' }),
    ac_output_voltage: gauge(of('OutputVoltage'), { unit: 'V' }),
    ac_output_frequency: gauge(of('OutputFrequency'), { unit: 'Hz' }),
    ac_output_apparent_power: gauge(of('OutputAparentPower'), { unit: 'VA' }),
    ac_output_power: gauge(of('OutputActivePower'), { unit: 'W' }),
    ac_output_load: gauge(of('LoadPercentage'), { unit: '%' }),
    battery_voltage: gauge(of('BatteryVoltage'), { unit: 'V' }),
    state_of_charge: gauge(of('BatteryCapacity'), { unit: '%' }),
    pv_voltage_1: gauge(of('PvInputVoltage'), { unit: 'V' }),
    system_ac_output_apparent_power: gauge(of('TotalAcOutputApparentPower'), { unit: 'VA' }),
    system_ac_output_power: gauge(of('TotalAcOutputActivePower'), { unit: 'W' }),
    system_ac_output_load: gauge(of('TotalAcOutputPercentage'), { unit: '%' }),
    setting_ac_output_mode: state(entry('OutputMode', whole), voltronicOutputModes),
    setting_charger_source_priority: state(entry('ChargerSourcePriority', whole), voltronicChargerPriorities),
    setting_battery_charge_current_max: gauge(of('MaxChargeCurrent'), { unit: 'A' }),
    battery_charge_current_rated: gauge(of('MaxChargerRange'), { unit: 'A' }),
    setting_battery_charge_current_max_ac: gauge(of('MaxAcChargerCurrent'), { unit: 'A' }),
    pv_current_1: gauge(of('PvInputCurrentForBattery'), { unit: 'A' }),
  },
  computed: [netBatteryCurrent, batteryPower],
};

const unit: RecordDefinition<Entries> = {
  kind: 'inverter',
  about: 'hassio-axpert, topic power/axpert{serial number}',
  fields: {
    dc_bus_voltage: gauge(of('BusVoltage'), { unit: 'V' }),
    heatsink_temperature: gauge(of('InverterHeatsinkTemperature'), { unit: '°C' }),
    solar_charger_battery_voltage_1: gauge(of('BatteryVoltageFromScc'), { unit: 'V' }),
    pv_current_1: gauge(of('PvInputCurrent'), { unit: 'A' }),
    pv_voltage_1: gauge(of('PvInputVoltage'), { unit: 'V' }),
    pv_power_1: gauge(of('PvInputPower'), { unit: 'W' }),
    battery_charge_current: gauge(of('BatteryChargingCurrent'), { unit: 'A' }),
    battery_discharge_current: gauge(of('BatteryDischargeCurrent'), { unit: 'A' }),
    ...statusFlags(entry('DeviceStatus', writtenBits(8))),
  },
  computed: [netBatteryCurrent, pvPowerOfTrackers],
};

export const deviceOf = (name: string) => ({ vendor: 'voltronic', type: 'axpert', name });

export const axpertParallel: Rule = {
  records: { 'axpert-parallel': parallel },
  topic: /^power\/axpert$/,
  translate: ({ json, text: written }) => {
    const entries = entriesOf(json);
    // From the text, because a number of more than 15 digits is no longer the same as a number.
    const [, digits, letters] =
      /"SerialNumber"\s*:\s*(?:(\d{1,32})|"([A-Za-z0-9]{1,32})")\s*[,}]/.exec(written) ?? [];
    const serial = digits ?? letters;
    if (entries === undefined || serial === undefined)
      return { unfit: 'an object with SerialNumber was expected' };
    if (!entries.has('BatteryVoltage')) return { unfit: 'BatteryVoltage was expected beside SerialNumber' };
    const named = new Map(entries).set('SerialNumber', serial);
    return translated(['axpert-parallel', parallel], deviceOf(serial), named);
  },
};

export const axpertUnit: Rule = {
  records: { axpert: unit },
  topic: /^power\/axpert(?!_settings$)(.+)$/,
  translate: ({ topic, json }) => {
    const name = topic.slice('power/axpert'.length);
    const entries = entriesOf(json);
    if (entries === undefined || !entries.has('BusVoltage') || !isDeviceName(name)) {
      return { unfit: 'an object with BusVoltage was expected on the topic of one inverter' };
    }
    return translated(['axpert', unit], deviceOf(name), entries);
  },
};
