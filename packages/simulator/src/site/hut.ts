// A made-up hut over time: three inverters in parallel on one battery, each with panels of its own, and a fourth on a small
// battery beside them. No grid.

import type { AxpertState } from '../devices/axpert.ts';
import { type Bank, type BankOptions, createBank, stepBank, takenFromPanels } from './bank.ts';
import { hoursOf, isNewDay, type Simulated, type Stretch, simulate, type Timing } from './simulate.ts';
import { airTemperature, demand, drift, sunshine } from './weather.ts';

export interface HutMoment {
  /** In the order of their numbers. */
  readonly parallel: readonly AxpertState[];
  readonly single: AxpertState;
}

export type Hut = Simulated<HutMoment>;

const stack: BankOptions = { capacityAh: 300, cells: 16, charge: 0.7 };
const small: BankOptions = { capacityAh: 100, cells: 16, charge: 0.8 };
/** Of each inverter's panels; the last is the single one's. */
const panelsW = [2100, 1900, 1600, 1200];
/** What each takes of the load in parallel. */
const shares = [0.34, 0.33, 0.33];
const efficiency = 0.94;

interface Unit {
  sunW: number;
  loadW: number;
  todayWh: number;
  totalWh: number;
}

interface State {
  readonly stack: Bank;
  readonly small: Bank;
  readonly units: readonly Unit[];
}

export function createHut(timing: Timing): Hut {
  const state: State = {
    stack: createBank(stack),
    small: createBank(small),
    units: panelsW.map((watts) => ({ sunW: 0, loadW: 0, todayWh: 0, totalWh: watts * 1400 })),
  };
  return simulate(
    timing,
    (stretch) => step(state, timing.seed, stretch),
    (localMs) => show(state, timing.seed, localMs),
  );
}

function step(state: State, seed: number, stretch: Stretch): void {
  const { localMs, elapsedMs } = stretch;
  const hutW = 2.4 * demand(seed + 60, localMs);
  const shedW = 0.5 * demand(seed + 61, localMs);
  const sun = sunshine(seed, localMs);
  for (const [number, unit] of state.units.entries()) {
    const isSingle = number === shares.length;
    unit.loadW = isSingle ? shedW : hutW * (shares[number] ?? 0);
    const { charge } = isSingle ? state.small : state.stack;
    unit.sunW = takenFromPanels((panelsW[number] ?? 0) * sun, charge, unit.loadW / efficiency);
    if (isNewDay(stretch)) unit.todayWh = 0;
    unit.todayWh += unit.sunW * hoursOf(stretch);
    unit.totalWh += unit.sunW * hoursOf(stretch);
  }
  const left = (units: readonly Unit[]) =>
    units.reduce((sum, { sunW, loadW }) => sum + sunW * efficiency - loadW / efficiency, 0);
  stepBank(state.stack, stack, left(state.units.slice(0, shares.length)), elapsedMs);
  stepBank(state.small, small, left(state.units.slice(shares.length)), elapsedMs);
}

function show({ stack: bank, small: smallBank, units }: State, seed: number, localMs: number): HutMoment {
  const air = airTemperature(seed, localMs);
  const stateOf = (unit: Unit, { voltageV, charge }: Bank): AxpertState => ({
    ...{
      mode: 'B',
      acInputVoltage: 0,
      acOutputVoltage: 229.6 + drift(seed + 62, localMs, 60_000),
      frequency: 50,
    },
    acOutputPower: unit.loadW,
    batteryVoltage: voltageV,
    batteryCurrent: (unit.sunW * efficiency - unit.loadW / efficiency) / voltageV,
    charge: 100 * charge,
    heatsink: air + 6 + (unit.loadW + unit.sunW) / 130,
    pvVoltage: unit.sunW > 5 ? 305 + 25 * drift(seed + 63, localMs, 40_000) : 0,
    pvPower: unit.sunW > 5 ? unit.sunW : 0,
    pvEnergyToday: unit.todayWh,
    pvEnergyTotal: unit.totalWh,
    clock: new Date(localMs).toISOString().replace(/[-T:]/g, '').slice(0, 14),
  });
  const [first, second, third, single] = units as [Unit, Unit, Unit, Unit];
  return {
    parallel: [first, second, third].map((unit) => stateOf(unit, bank)),
    single: stateOf(single, smallBank),
  };
}
