// A made-up site over time: a cabin (SmartSolar, SmartShunt, Phoenix, Orion by radio) and a workshop beside it
// (MPPT and BMV by VE.Direct cable). Time only moves forward; what devices show at a moment is in vocabulary's names.

import type { Values } from '@wattline/protocols';
import { type Bank, type BankOptions, chargeStage, createBank, stepBank, takenFromPanels } from './bank.ts';
import { hoursOf, isNewDay, type Simulated, type Stretch, simulate } from './simulate.ts';
import { airTemperature, demand, drift, sunshine } from './weather.ts';

const simulatedDevices = ['roof', 'bank', 'inverter', 'orion', 'shed', 'shed-battery'] as const;
export type SimulatedDevice = (typeof simulatedDevices)[number];

/** What each device shows. */
export type Site = Simulated<{ readonly [device in SimulatedDevice]: Values }>;

const cabin: BankOptions = { capacityAh: 400, cells: 8, charge: 0.72 };
const workshop: BankOptions = { capacityAh: 90, cells: 4, charge: 0.8 };
const cabinPanelsW = 1650;
const workshopPanelsW = 190;

interface Moment {
  readonly cabin: Bank;
  readonly workshop: Bank;
  sunW: number;
  loadW: number;
  shedSunW: number;
  shedLoadW: number;
  roofTodayWh: number;
  shedTodayWh: number;
  shedTotalWh: number;
  shedMaxW: number;
}

/** @param localOffsetMs what the site's wall clock is ahead of UTC */
export function createSite(startMs: number, seed: number, localOffsetMs: number): Site {
  const moment: Moment = {
    cabin: createBank(cabin),
    workshop: createBank(workshop),
    ...{
      sunW: 0,
      loadW: 0,
      shedSunW: 0,
      shedLoadW: 0,
      roofTodayWh: 0,
      shedTodayWh: 0,
      shedTotalWh: 812_340,
      shedMaxW: 0,
    },
  };
  return simulate(
    { startMs, seed, localOffsetMs },
    (stretch) => step(moment, seed, stretch),
    (localMs) => show(moment, seed, localMs),
  );
}

function step(moment: Moment, seed: number, stretch: Stretch): void {
  const { localMs, elapsedMs } = stretch;
  const hours = hoursOf(stretch);
  moment.loadW = demand(seed, localMs);
  moment.shedLoadW = 6 + 50 * Math.max(0, drift(seed + 20, localMs, 5_000_000) - 0.6);
  const available = cabinPanelsW * sunshine(seed, localMs);
  moment.sunW = takenFromPanels(available, moment.cabin.charge, moment.loadW);
  moment.shedSunW = takenFromPanels(
    workshopPanelsW * sunshine(seed, localMs),
    moment.workshop.charge,
    moment.shedLoadW,
  );
  if (isNewDay(stretch)) {
    moment.roofTodayWh = 0;
    moment.shedTodayWh = 0;
    moment.shedMaxW = 0;
  }
  moment.roofTodayWh += moment.sunW * hours;
  moment.shedTodayWh += moment.shedSunW * hours;
  moment.shedTotalWh += moment.shedSunW * hours;
  moment.shedMaxW = Math.max(moment.shedMaxW, moment.shedSunW);
  stepBank(moment.cabin, cabin, moment.sunW * 0.97 - moment.loadW / 0.92, elapsedMs);
  stepBank(moment.workshop, workshop, moment.shedSunW * 0.97 - moment.shedLoadW, elapsedMs);
}

function show(moment: Moment, seed: number, localMs: number): ReturnType<Site['at']> {
  const { cabin: bank, workshop: shed } = moment;
  const temperature = airTemperature(seed, localMs);
  return {
    roof: {
      charge_state: chargeStage(moment.sunW, bank.charge),
      device_error: 'none',
      battery_voltage: bank.voltageV,
      battery_current: (moment.sunW * 0.97) / bank.voltageV,
      pv_energy_today: moment.roofTodayWh,
      pv_power: moment.sunW,
      load_current: null,
    },
    bank: {
      ...batteryMonitor(bank, cabin),
      auxiliary_mode: 'temperature',
      battery_temperature: temperature + 3,
    },
    inverter: {
      device_state: 'inverting',
      alarms: [],
      battery_voltage: bank.voltageV,
      ac_output_apparent_power: moment.loadW / 0.95,
      ac_output_voltage: 229.5 + drift(seed + 30, localMs, 60_000),
      ac_output_current: moment.loadW / 0.95 / 230,
    },
    orion: orion(bank.voltageV, seed, localMs),
    shed: {
      product_code: '0xA053',
      firmware_version: '164',
      serial_number: 'HQ2132WATTL',
      battery_voltage: shed.voltageV,
      battery_current: (moment.shedSunW * 0.97 - moment.shedLoadW) / shed.voltageV,
      pv_voltage: moment.shedSunW > 2 ? 36 + 2 * drift(seed + 31, localMs, 40_000) : 0.01,
      pv_power: moment.shedSunW,
      charge_state: chargeStage(moment.shedSunW, shed.charge),
      pv_tracker_state: moment.shedSunW > 2 ? 'tracking' : 'off',
      off_reasons: moment.shedSunW > 2 ? [] : ['no_panel_power'],
      device_error: 'none',
      load_on: true,
      load_current: moment.shedLoadW / shed.voltageV,
      pv_energy_total: moment.shedTotalWh,
      pv_energy_today: moment.shedTodayWh,
      pv_power_max_today: moment.shedMaxW,
    },
    'shed-battery': {
      product_code: '0xA381',
      ...batteryMonitor(shed, workshop),
      battery_power: shed.voltageV * shed.currentA,
      starter_battery_voltage: 12.62 + 0.05 * drift(seed + 32, localMs, 3_000_000),
      battery_cycle_count: 41,
      battery_voltage_min: 11.78,
      battery_voltage_max: 14.41,
    },
  };
}

function batteryMonitor(bank: Bank, { capacityAh }: BankOptions): Values {
  const hoursLeft = (bank.charge * capacityAh) / -bank.currentA;
  return {
    time_to_go: bank.currentA < -0.2 && hoursLeft < 240 ? Math.round(hoursLeft * 60) * 60 : null,
    battery_voltage: bank.voltageV,
    alarms: bank.charge < 0.1 ? ['state_of_charge_low'] : [],
    battery_current: bank.currentA,
    battery_capacity_consumed: bank.consumedAh,
    state_of_charge: bank.charge * 100,
  };
}

/** Charges the starter battery while the engine runs: twice a day for half an hour. */
function orion(inputV: number, seed: number, localMs: number): Values {
  const hour = (localMs / 3_600_000) % 24;
  const running = (hour > 8 && hour < 8.5) || (hour > 17 && hour < 17.5);
  return {
    charge_state: running ? 'bulk' : 'off',
    device_error: 'none',
    dc_input_voltage: inputV,
    dc_output_voltage: running ? 13.9 + 0.3 * drift(seed + 33, localMs, 90_000) : null,
    off_reasons: running ? [] : ['engine_shutdown'],
  };
}
