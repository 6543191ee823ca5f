// Voltronic Axpert VM III over Bluetooth: characteristics that are read one by one, 20 bytes each, low byte first. Their ids
// are numbers of the Bluetooth assigned list with another content. The link has to be bonded with a PIN. 2A06 to
// 2A0B hold lists and ranges for setters and are not read.

import { batteryPower, type DeviceDefinition, type RecordDefinition } from '../device.ts';
import { type Codes, type Fields, flag, gauge, info, state } from '../field.ts';
import type { Take } from '../session.ts';
import { asciiText, type BytesWhere, bitsOf, i16le, u8, u16le, u32le } from '../where.ts';
import {
  acInputLostRow,
  inverterFaultRow,
  isSet,
  pvLostRow,
  rowFlag,
  voltronicWarnings,
  warningFields,
} from './voltronic-warnings.ts';
import {
  netBatteryCurrent,
  pvPowerOfTrackers,
  voltronicBatteryTypes,
  voltronicChargerPriorities,
  voltronicInputRanges,
  voltronicModes,
  voltronicOperationLogics,
  voltronicOutputModes,
  voltronicOutputPriorities,
  voltronicPvBalances,
  voltronicPvOkConditions,
} from './voltronic-words.ts';

/** A value comes as it is. */
const takeValue: Take = (received) => ({ used: received.length, answer: received });

function characteristic(
  id: string,
  about: string,
  fields: Fields<Uint8Array>,
  more: Partial<RecordDefinition<Uint8Array>> = {},
): RecordDefinition<Uint8Array> {
  const request = Uint8Array.of(Number.parseInt(id.slice(0, 2), 16), Number.parseInt(id.slice(2), 16));
  // Reading takes as long as the radio; what is slower is lost.
  const asked = { request, take: takeValue, timeoutMs: 5000, tries: 2, isOneChunk: true } as const;
  return { kind: 'inverter', about, asked, fields, ...more };
}

const once = { turn: 'once', optional: true } as const;
const slow = { turn: { everyMs: 300_000 }, optional: true } as const;

/** Battery types from 4 on are not those of QPIRI. */
const batteryTypes: Codes = {
  ...Object.fromEntries(Object.entries(voltronicBatteryTypes).filter(([code]) => Number(code) < 4)),
  4: 'weco',
  5: 'lithium_other',
};

/** Whatever is not the first code is the second. */
function either({ text, span, read }: BytesWhere): BytesWhere {
  const first = (payload: Uint8Array): number | undefined => {
    const raw = read(payload);
    return raw === undefined ? undefined : Math.min(raw, 1);
  };
  return { text, ...(span === undefined ? {} : { span }), read: first };
}

const machineOf = (raw: string): string => ({ '0': 'grid_tie', '1': 'off_grid' })[raw] ?? 'hybrid';

const rows = u32le(8);

const status1 = {
  ac_input_voltage: gauge(u16le(0), { unit: 'V', scale: 0.1 }),
  ac_input_frequency: gauge(u16le(2), { unit: 'Hz', scale: 0.1 }),
  ac_output_voltage: gauge(u16le(4), { unit: 'V', scale: 0.1 }),
  ac_output_frequency: gauge(u16le(6), { unit: 'Hz', scale: 0.1 }),
  ac_output_apparent_power: gauge(u16le(8), { unit: 'VA' }),
  ac_output_power: gauge(u16le(10), { unit: 'W' }),
  ac_output_load: gauge(u16le(12), { unit: '%' }),
  // The one program calls it unknown, × 0.1; the other takes it for the bus, as in QPIGS.
  dc_bus_voltage: gauge(u16le(14), { unit: 'V' }),
  battery_voltage: gauge(u16le(16), { unit: 'V', scale: 0.01 }),
  battery_charge_current: gauge(u16le(18), { unit: 'A' }),
};

const status2 = {
  state_of_charge: gauge(u16le(0), { unit: '%' }),
  heatsink_temperature: gauge(i16le(2), { unit: '°C' }),
  battery_discharge_current: gauge(u16le(4), { unit: 'A' }),
  pv_lost: rowFlag(rows, pvLostRow),
  ac_input_lost: rowFlag(rows, acInputLostRow),
  ...warningFields(rows, voltronicWarnings, (_, all) => isSet(all, inverterFaultRow)),
  device_state: state(asciiText(12, 1), voltronicModes),
};

const ratings = {
  ac_input_voltage_rated: gauge(u16le(0), { unit: 'V', scale: 0.1 }),
  ac_input_current_rated: gauge(u16le(2), { unit: 'A', scale: 0.1 }),
  ac_output_voltage_rated: gauge(u16le(4), { unit: 'V', scale: 0.1 }),
  ac_output_frequency_rated: gauge(u16le(6), { unit: 'Hz', scale: 0.1 }),
  ac_output_current_rated: gauge(u16le(8), { unit: 'A', scale: 0.1 }),
  ac_output_apparent_power_rated: gauge(u16le(10), { unit: 'VA' }),
  ac_output_power_rated: gauge(u16le(12), { unit: 'W' }),
  battery_voltage_rated: gauge(u16le(14), { unit: 'V', scale: 0.1 }),
  machine_type: info(u8(16), { convert: machineOf }),
};

const settings1 = {
  setting_ac_output_voltage: gauge(u16le(0), { unit: 'V' }),
  setting_ac_output_frequency: gauge(u16le(2), { unit: 'Hz', scale: 0.1 }),
  setting_battery_charge_current_max: gauge(u8(4), { unit: 'A' }),
  setting_battery_charge_current_max_ac: gauge(u8(5), { unit: 'A' }),
  setting_battery_float_voltage: gauge(u16le(6), { unit: 'V', scale: 0.1 }),
  setting_battery_absorption_voltage: gauge(u16le(8), { unit: 'V', scale: 0.1 }),
  setting_battery_cutoff_voltage: gauge(u16le(10), { unit: 'V', scale: 0.1 }),
  setting_battery_recharge_voltage: gauge(u16le(12), { unit: 'V', scale: 0.1 }),
  setting_battery_redischarge_voltage: gauge(u16le(14), { unit: 'V', scale: 0.1 }),
  setting_ac_input_range: state(either(u8(16)), voltronicInputRanges),
  setting_output_source_priority: state(u8(17), voltronicOutputPriorities),
  setting_charger_source_priority: state(u8(18), voltronicChargerPriorities),
  setting_battery_type: state(u8(19), batteryTypes),
};

/** −1 says that the time is up to the inverter. */
const absorptionTimeOf = (minutes: number): number | null => {
  if (minutes === -1) return 0;
  return minutes < 0 ? null : minutes * 60;
};

const settings2 = {
  setting_overload_bypass_on: flag(bitsOf(u8(0), 7)),
  setting_feed_in_enabled: flag(bitsOf(u8(0), 6)),
  setting_display_return_on: flag(bitsOf(u8(0), 5)),
  setting_overload_restart_on: flag(bitsOf(u8(0), 4)),
  setting_over_temperature_restart_on: flag(bitsOf(u8(0), 3)),
  setting_display_backlight_on: flag(bitsOf(u8(0), 2)),
  setting_primary_source_alarm_on: flag(bitsOf(u8(0), 1)),
  setting_fault_record_on: flag(bitsOf(u8(0), 0)),
  setting_buzzer_on: flag(bitsOf(u8(1), 0)),
  setting_equalization_enabled: flag(bitsOf(u8(1), 1)),
  setting_ac_output_mode: state(u8(2), voltronicOutputModes),
  setting_pv_ok_condition: state(u8(3), voltronicPvOkConditions),
  setting_pv_power_balance: state(u8(4), voltronicPvBalances),
  setting_equalization_time: gauge(u16le(6), { unit: 's', scale: 60 }),
  setting_equalization_interval: gauge(u16le(8), { unit: 's', scale: 86_400 }),
  setting_battery_equalization_voltage: gauge(u16le(10), { unit: 'V', scale: 0.01 }),
  setting_equalization_timeout: gauge(u16le(12), { unit: 's', scale: 60 }),
  setting_charge_stages: state(u8(15), { 0: 'automatic', 1: 'two_stages', 2: 'three_stages' }),
  setting_absorption_time: gauge(i16le(16), { unit: 's', convert: absorptionTimeOf }),
};

const settings3 = {
  setting_operation_logic: state(u8(0), voltronicOperationLogics),
  setting_battery_discharge_current_max: gauge(u8(1), { unit: 'A' }),
};

const tracker = (number: number): Fields<Uint8Array> => ({
  [`firmware_version_solar_charger_${number}`]: info(asciiText(0, 8)),
  [`pv_current_${number}`]: gauge(u16le(10), { unit: 'A', scale: 0.1 }),
  [`pv_voltage_${number}`]: gauge(u16le(12), { unit: 'V', scale: 0.1 }),
  [`pv_power_${number}`]: gauge(u16le(14), { unit: 'W' }),
});

export const voltronicBle: DeviceDefinition = {
  id: 'voltronic-ble',
  name: 'Voltronic Axpert VM III over Bluetooth',
  preparation: [
    'Run `wattline-agent pair NAME` once, with the PIN of the inverter as `pin`. The bond belongs to BlueZ, through which the inverter is then read.',
    'Find it by its address: what it calls itself on the air is a placeholder, the same on all.',
    'The inverter serves one program at a time: the phone app cannot connect while the agent is connected.',
  ],
  doubts: [
    'All layouts come from one program (darkbox/bluetooth_inverter_power_watch); 2A03, 2A04 and 2A11 agree with a second (qtoggle/qtoggleserver-mppsolar), 2A05 with a real read.',
    '2A06 to 2A0B are not read: lists of currents and ranges of voltages that can be set, and nothing is ever set. 2A0D byte 1 bit 2, whether an equalisation can be started now, is of the same kind.',
    '2A04: what its bytes 6, 13 and 14 mean is not known; they are left out.',
    'The bus voltage in 2A03 is whole volts in the second program and unnamed tenths in the first: whole volts are taken, as in QPIGS.',
  ],
  vendor: 'voltronic',
  // Services differ by firmware.
  factoryPin: '123456',
  media: [{ medium: 'gatt-values', services: [] }],
  advertisedNames: /^ID\d{14}$/,
  records: {
    // First what every poll reads: its silence is that of the inverter.
    '2A03': characteristic('2a03', 'status, first part', status1),
    '2A04': characteristic('2a04', 'status, second part', status2),
    '2A01': characteristic(
      '2a01',
      'versions',
      { firmware_version: info(asciiText(3, 8)), firmware_version_bluetooth: info(asciiText(12, 8)) },
      once,
    ),
    '2A02': characteristic('2a02', 'model', { product_code: info(u8(19)) }, once),
    '2A05': characteristic('2a05', 'ratings', ratings, once),
    '2A0C': characteristic('2a0c', 'settings, first part', settings1, slow),
    '2A0D': characteristic('2a0d', 'settings, second part', settings2, slow),
    '2A0E': characteristic('2a0e', 'settings, third part', settings3, slow),
    '2A11': characteristic('2a11', 'tracker 1', tracker(1)),
    '2A12': characteristic('2a12', 'tracker 2', tracker(2), { optional: true }),
    '2A13': characteristic('2a13', 'tracker 3', tracker(3), { optional: true }),
    '2A14': characteristic('2a14', 'tracker 4', tracker(4), { optional: true }),
  },
  ask: { namesQuestion: true, computed: [netBatteryCurrent, batteryPower, pvPowerOfTrackers] },
};
