// VE.Direct text of a SmartShunt in DC meter mode. "VE.Direct Protocol", 3.34, tables of SmartShunt; what belongs to a
// battery only is sent as `---` there and left out.

import type { RecordDefinition } from '../../device.ts';
import { counter, flag, flags, gauge, info, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronAlarmFlag, victronAlarmReasons, victronMeterTypes } from '../victron-codes.ts';
import { code, decimal, identity, onOff, words } from './labels.ts';

export const dcMeter: RecordDefinition<Block> = {
  kind: 'dc_meter',
  about: 'SmartShunt with MON other than 0',
  fields: {
    ...identity,
    model: info(words('BMV')),
    dc_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    starter_battery_voltage: gauge(decimal('VS'), { unit: 'V', scale: 0.001 }),
    dc_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    external_temperature: gauge(decimal('T'), { unit: '°C' }),
    dc_power: gauge(decimal('P'), { unit: 'W' }),
    alarm_level: state(onOff('Alarm'), victronAlarmFlag, { problem: true }),
    relay_on: flag(onOff('Relay')),
    alarms: flags(code('AR'), victronAlarmReasons, { problem: true }),
    meter_type: state(decimal('MON'), victronMeterTypes),
    dc_energy_produced_total: counter(decimal('H17'), { unit: 'Wh', scale: 10 }),
    dc_energy_consumed_total: counter(decimal('H18'), { unit: 'Wh', scale: 10 }),
  },
};
