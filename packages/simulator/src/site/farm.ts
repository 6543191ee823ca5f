// A made-up farm over time: panels at an inverter and more of them at a controller, on a stack of battery modules side by
// side; a monitor measures all that goes into the stack and out of it.

import type { AxpertState } from '../devices/axpert.ts';
import type { CanBatteryState, DynessModuleState } from '../devices/can-battery.ts';
import { stackOf } from '../devices/can-stack.ts';
import type { RenogyState } from '../devices/renogy.ts';
import type { SmartShuntState } from '../devices/smartshunt-peripheral.ts';
import {
  type Bank,
  type BankOptions,
  chargeStage,
  createBank,
  stepParallelBanks,
  takenFromPanels,
} from './bank.ts';
import { hoursOf, isNewDay, type Simulated, type Stretch, simulate, type Timing } from './simulate.ts';
import { airTemperature, demand, drift, sunshine, workingHours } from './weather.ts';

export interface FarmMoment {
  readonly inverter: AxpertState;
  readonly controller: RenogyState;
  readonly monitor: SmartShuntState;
  /** The stack as one battery, and each module by itself. */
  readonly stack: CanBatteryState;
  readonly modules: readonly DynessModuleState[];
}

export type Farm = Simulated<FarmMoment>;

interface Module extends BankOptions {
  readonly cycles: number;
  readonly stateOfHealth: number;
}

const cells = 15;
const modules: readonly Module[] = [
  { capacityAh: 100, cells, charge: 0.74, cycles: 611, stateOfHealth: 97 },
  { capacityAh: 100, cells, charge: 0.72, cycles: 604, stateOfHealth: 97 },
  // Put in later.
  { capacityAh: 100, cells, charge: 0.77, cycles: 102, stateOfHealth: 99 },
];
const capacityAh = modules.reduce((sum, module) => sum + module.capacityAh, 0);
/** V of each cell beside the mean, which their sum leaves alone. */
const spreadOf = (cell: number): number => ((cell * 4) % cells) / 1000 - 0.007;

const inverterPanelsW = 2700;
const controllerPanelsW = 1150;
const panelsW = inverterPanelsW + controllerPanelsW;
const controllerEfficiency = 0.97;
const chargerEfficiency = 0.99;
const inverterEfficiency = 0.97;
/** What the inverter needs for itself. */
const idleW = 10;
/** A pump for the animals, beside the house. */
const pumpW = 420;
const householdShare = 0.8;

interface State {
  readonly banks: readonly Bank[];
  inverterSunW: number;
  controllerSunW: number;
  loadW: number;
  inverterStackW: number;
  inverterTodayWh: number;
  inverterTotalWh: number;
  controllerTodayWh: number;
  controllerTotalWh: number;
  chargedMaxTodayW: number;
  voltageMinToday: number;
  voltageMaxToday: number;
  days: number;
}

export function createFarm(timing: Timing): Farm {
  const state: State = {
    banks: modules.map(createBank),
    ...{ inverterSunW: 0, controllerSunW: 0, loadW: 0, inverterStackW: 0 },
    ...{ inverterTodayWh: 0, inverterTotalWh: 4_310_000 },
    ...{ controllerTodayWh: 0, controllerTotalWh: 1_208_000, days: 502 },
    ...{ chargedMaxTodayW: 0, voltageMinToday: Number.POSITIVE_INFINITY, voltageMaxToday: 0 },
  };
  return simulate(
    timing,
    (stretch) => step(state, timing.seed, stretch),
    (localMs) => show(state, timing.seed, localMs),
  );
}

const meanCharge = (banks: readonly Bank[]): number =>
  banks.reduce((sum, { charge }, index) => sum + charge * (modules[index]?.capacityAh ?? 0), 0) / capacityAh;

function step(state: State, seed: number, stretch: Stretch): void {
  const { localMs, elapsedMs } = stretch;
  const isPumping = drift(seed + 81, localMs, 1_500_000) > 0.62;
  const pump = isPumping ? pumpW * workingHours(localMs) : 0;
  state.loadW = pump + householdShare * demand(seed + 80, localMs);
  const neededW = state.loadW / inverterEfficiency + idleW;
  const charge = Math.max(...state.banks.map((bank) => bank.charge));
  const sunW = takenFromPanels(panelsW * sunshine(seed, localMs), charge, neededW / controllerEfficiency);
  state.inverterSunW = (sunW * inverterPanelsW) / panelsW;
  state.controllerSunW = sunW - state.inverterSunW;
  state.inverterStackW = state.inverterSunW * chargerEfficiency - neededW;
  const chargedW = state.controllerSunW * controllerEfficiency;
  const banks = state.banks.map((bank, index) => ({ bank, options: modules[index] as Module }));
  stepParallelBanks(banks, state.inverterStackW + chargedW, elapsedMs);
  count(state, stretch, chargedW);
}

function count(state: State, stretch: Stretch, chargedW: number): void {
  const voltage = state.banks[0]?.voltageV ?? 0;
  if (isNewDay(stretch)) {
    state.inverterTodayWh = 0;
    state.controllerTodayWh = 0;
    state.chargedMaxTodayW = 0;
    state.voltageMinToday = voltage;
    state.voltageMaxToday = voltage;
    state.days++;
  }
  const hours = hoursOf(stretch);
  state.inverterTodayWh += state.inverterSunW * hours;
  state.inverterTotalWh += state.inverterSunW * hours;
  state.controllerTodayWh += state.controllerSunW * hours;
  state.controllerTotalWh += state.controllerSunW * hours;
  state.chargedMaxTodayW = Math.max(state.chargedMaxTodayW, chargedW);
  state.voltageMinToday = Math.min(state.voltageMinToday, voltage);
  state.voltageMaxToday = Math.max(state.voltageMaxToday, voltage);
}

function show(state: State, seed: number, localMs: number): FarmMoment {
  const air = airTemperature(seed, localMs);
  const whole = wholeOf(state.banks);
  return {
    inverter: inverterOf(state, whole, air, seed, localMs),
    controller: controllerOf(state, whole, air, seed, localMs),
    monitor: monitorOf(whole),
    stack: stackOf(whole, { capacityAh, cells, charge: whole.charge }, air + 3),
    modules: state.banks.map((bank, index) => moduleOf(bank, modules[index] as Module, air + 3)),
  };
}

/** The modules as one. */
const wholeOf = (banks: readonly Bank[]): Bank => ({
  charge: meanCharge(banks),
  currentA: banks.reduce((sum, { currentA }) => sum + currentA, 0),
  voltageV: banks[0]?.voltageV ?? 0,
  consumedAh: banks.reduce((sum, { consumedAh }) => sum + consumedAh, 0),
});

function inverterOf(state: State, whole: Bank, air: number, seed: number, localMs: number): AxpertState {
  const { inverterSunW, loadW } = state;
  const hasSun = inverterSunW > 2;
  return {
    ...{ mode: 'B', acInputVoltage: 0, frequency: 50 },
    acOutputVoltage: 230.1 + drift(seed + 82, localMs, 60_000),
    acOutputPower: loadW,
    batteryVoltage: whole.voltageV,
    batteryCurrent: state.inverterStackW / whole.voltageV,
    charge: whole.charge * 100,
    heatsink: air + 9 + (loadW + inverterSunW) / 150,
    pvVoltage: hasSun ? 318 + 14 * drift(seed + 83, localMs, 40_000) : 0,
    pvPower: hasSun ? inverterSunW : 0,
    pvEnergyToday: state.inverterTodayWh,
    pvEnergyTotal: state.inverterTotalWh,
    clock: new Date(localMs).toISOString().replace(/\D/g, '').slice(0, 14),
  };
}

function controllerOf(state: State, whole: Bank, air: number, seed: number, localMs: number): RenogyState {
  const { controllerSunW } = state;
  const hasSun = controllerSunW > 2;
  const pvVoltage = hasSun ? 92 + 5 * drift(seed + 84, localMs, 40_000) : 0;
  return {
    charge: whole.charge,
    voltage: whole.voltageV,
    chargeCurrent: (controllerSunW * controllerEfficiency) / whole.voltageV,
    deviceTemperature: air + 5 + controllerSunW / 60,
    batteryTemperature: air + 3,
    // At 48 V it has no output for loads.
    ...{ loadCurrent: 0, isLoadOn: false },
    pvVoltage,
    pvCurrent: hasSun ? controllerSunW / pvVoltage : 0,
    today: {
      ...{ voltageMin: state.voltageMinToday, voltageMax: state.voltageMaxToday },
      ...{ chargePowerMax: state.chargedMaxTodayW, generatedWh: state.controllerTodayWh, consumedWh: 0 },
    },
    stage: chargeStage(controllerSunW, whole.charge),
    days: state.days,
    ...{ generatedTotalWh: state.controllerTotalWh, consumedTotalWh: 0, faults: 0 },
  };
}

const monitorOf = ({ voltageV, currentA, charge, consumedAh }: Bank): SmartShuntState => ({
  ...{ voltage: voltageV, current: currentA, charge: charge * 100, consumedAh },
  ...(currentA < -0.5 ? { minutesToGo: Math.round((60 * charge * capacityAh) / -currentA) } : {}),
});

const moduleOf = (
  { voltageV, currentA, charge }: Bank,
  { cycles, stateOfHealth }: Module,
  celsius: number,
): DynessModuleState => ({
  cellVoltages: Array.from({ length: cells }, (_, cell) => voltageV / cells + spreadOf(cell)),
  current: currentA,
  temperature: celsius + Math.abs(currentA) / 20,
  dischargeCurrentLimit: charge < 0.05 ? 0 : 80,
  ...{ cycles, stateOfHealth, stateOfCharge: Math.round(charge * 100) },
});
