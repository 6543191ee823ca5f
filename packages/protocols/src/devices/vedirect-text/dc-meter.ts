// VE.Direct text of a SmartShunt in DC meter mode. "VE.Direct Protocol", 3.34, tables of SmartShunt; what belongs to a
// battery only is sent as `---` there and left out.

import type { RecordDefinition } from '../../device.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import {
  alarmLevel,
  alarmReasons,
  energyIn,
  energyOut,
  identity,
  mainCurrent,
  mainPower,
  mainVoltage,
  meterType,
  monitorModel,
  relay,
  sensorTemperature,
  starterVoltage,
} from './fields.ts';

export const dcMeter: RecordDefinition<Block> = {
  kind: 'dc_meter',
  about: 'SmartShunt with MON other than 0',
  fields: {
    ...identity,
    model: monitorModel,
    dc_voltage: mainVoltage,
    starter_battery_voltage: starterVoltage,
    dc_current: mainCurrent,
    external_temperature: sensorTemperature,
    dc_power: mainPower,
    alarm_level: alarmLevel,
    relay_on: relay,
    alarms: alarmReasons,
    meter_type: meterType,
    dc_energy_produced_total: energyOut,
    dc_energy_consumed_total: energyIn,
  },
};
