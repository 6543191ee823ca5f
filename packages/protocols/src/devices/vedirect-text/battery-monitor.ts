// VE.Direct text of battery monitors: main block and history block. "VE.Direct Protocol", 3.34, tables of BMV and SmartShunt.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, gauge } from '../../field.ts';
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
import { decimal } from './labels.ts';

export const batteryMonitor: RecordDefinition<Block> = {
  kind: 'battery',
  about: 'BMV, SmartShunt',
  fields: {
    ...identity,
    model: monitorModel,
    battery_voltage: mainVoltage,
    starter_battery_voltage: starterVoltage,
    battery_midpoint_voltage: gauge(decimal('VM'), { unit: 'V', scale: 0.001 }),
    battery_midpoint_deviation: gauge(decimal('DM'), { unit: '%', scale: 0.1 }),
    battery_current: mainCurrent,
    battery_temperature: sensorTemperature,
    battery_power: mainPower,
    // Charge that was taken out is sent negative.
    battery_capacity_consumed: gauge(decimal('CE'), { unit: 'Ah', scale: -0.001 }),
    state_of_charge: gauge(decimal('SOC'), { unit: '%', scale: 0.1 }),
    // −1: infinite.
    time_to_go: gauge(decimal('TTG'), { unit: 's', scale: 60, na: -1 }),
    alarm_level: alarmLevel,
    relay_on: relay,
    alarms: alarmReasons,
    meter_type: meterType,
    battery_discharge_deepest: gauge(decimal('H1'), { unit: 'Ah', scale: -0.001 }),
    battery_discharge_last: gauge(decimal('H2'), { unit: 'Ah', scale: -0.001 }),
    battery_discharge_mean: gauge(decimal('H3'), { unit: 'Ah', scale: -0.001 }),
    battery_cycle_count: counter(decimal('H4'), {}),
    battery_full_discharge_count: counter(decimal('H5'), {}),
    battery_throughput_discharged_total: counter(decimal('H6'), { unit: 'Ah', scale: -0.001 }),
    battery_voltage_min: gauge(decimal('H7'), { unit: 'V', scale: 0.001 }),
    battery_voltage_max: gauge(decimal('H8'), { unit: 'V', scale: 0.001 }),
    time_since_full_charge: gauge(decimal('H9'), { unit: 's' }),
    battery_synchronization_count: counter(decimal('H10'), {}),
    battery_voltage_low_count: counter(decimal('H11'), {}),
    battery_voltage_high_count: counter(decimal('H12'), {}),
    starter_battery_voltage_low_count: counter(decimal('H13'), {}),
    starter_battery_voltage_high_count: counter(decimal('H14'), {}),
    starter_battery_voltage_min: gauge(decimal('H15'), { unit: 'V', scale: 0.001 }),
    starter_battery_voltage_max: gauge(decimal('H16'), { unit: 'V', scale: 0.001 }),
    battery_energy_discharged_total: energyOut,
    battery_energy_charged_total: energyIn,
  },
  computed: [batteryPower],
};
