// A made-up workshop over time: panels and a load at one controller, and two batteries side by side that carry what is
// left between them.

import type { JbdState } from '../devices/jbd.ts';
import type { LitimeState } from '../devices/litime.ts';
import {
  type Bank,
  type BankOptions,
  chargeStage,
  createBank,
  stepParallelBanks,
  takenFromPanels,
} from './bank.ts';
import { hoursOf, isNewDay, type Simulated, type Stretch, simulate, type Timing } from './simulate.ts';
import { airTemperature, drift, sunshine, workingHours } from './weather.ts';

export interface WorkshopMoment {
  readonly left: JbdState;
  readonly right: JbdState;
  readonly controller: LitimeState;
}

export type Workshop = Simulated<WorkshopMoment>;

const left: BankOptions = { capacityAh: 200, cells: 4, charge: 0.78 };
/** Older, so there is less in it. */
const right: BankOptions = { capacityAh: 180, cells: 4, charge: 0.74 };
const panelsW = 820;
const efficiency = 0.97;
/** Where the controller switches its load off, and on again. */
const loadOff = 0.12;
const loadOn = 0.3;
/** V of each cell beside the mean, which their sum leaves alone. */
const leftSpread = [0.002, -0.001, 0.001, -0.002];
const rightSpread = [0.004, 0.001, -0.007, 0.002];

interface State {
  readonly left: Bank;
  readonly right: Bank;
  sunW: number;
  loadW: number;
  isLoadOn: boolean;
  chargedMaxTodayW: number;
  chargedTodayWh: number;
  loadTodayWh: number;
  chargedTotalWh: number;
  loadTotalWh: number;
  days: number;
}

export function createWorkshop(timing: Timing): Workshop {
  const state: State = {
    ...{ left: createBank(left), right: createBank(right), sunW: 0, loadW: 0, isLoadOn: true },
    ...{ chargedMaxTodayW: 0, chargedTodayWh: 0, loadTodayWh: 0 },
    ...{ chargedTotalWh: 268_400, loadTotalWh: 241_900, days: 311 },
  };
  return simulate(
    timing,
    (stretch) => step(state, timing.seed, stretch),
    (localMs) => show(state, timing.seed, localMs),
  );
}

function step(state: State, seed: number, stretch: Stretch): void {
  const { localMs, elapsedMs } = stretch;
  const charge = Math.min(state.left.charge, state.right.charge);
  if (charge < loadOff) state.isLoadOn = false;
  if (charge > loadOn) state.isLoadOn = true;
  // A lamp and chargers; by day tools besides.
  const tools = 170 * workingHours(localMs) * Math.max(0, drift(seed + 40, localMs, 1_100_000) - 0.4);
  state.loadW = state.isLoadOn ? 9 + tools : 0;
  state.sunW = takenFromPanels(panelsW * sunshine(seed, localMs), charge, state.loadW / efficiency);
  if (isNewDay(stretch)) {
    state.chargedMaxTodayW = 0;
    state.chargedTodayWh = 0;
    state.loadTodayWh = 0;
    state.days++;
  }
  const chargedW = state.sunW * efficiency;
  const hours = hoursOf(stretch);
  state.chargedMaxTodayW = Math.max(state.chargedMaxTodayW, chargedW);
  state.chargedTodayWh += chargedW * hours;
  state.chargedTotalWh += chargedW * hours;
  state.loadTodayWh += state.loadW * hours;
  state.loadTotalWh += state.loadW * hours;
  const banks = [
    { bank: state.left, options: left },
    { bank: state.right, options: right },
  ];
  stepParallelBanks(banks, chargedW - state.loadW, elapsedMs);
}

function show(state: State, seed: number, localMs: number): WorkshopMoment {
  const air = airTemperature(seed, localMs);
  const { voltageV } = state.left;
  const charge = (state.left.charge * left.capacityAh + state.right.charge * right.capacityAh) / totalAh;
  return {
    left: batteryOf(state.left, left, leftSpread, air + 2),
    right: batteryOf(state.right, right, rightSpread, air + 2.4),
    controller: {
      charge,
      voltage: voltageV,
      chargeCurrent: (state.sunW * efficiency) / voltageV,
      deviceTemperature: air + 4 + state.sunW / 60,
      batteryTemperature: air + 2,
      loadCurrent: state.loadW / voltageV,
      isLoadOn: state.isLoadOn,
      pvVoltage: state.sunW > 2 ? 41 + 3 * drift(seed + 41, localMs, 40_000) : 0.4,
      chargePowerMaxToday: state.chargedMaxTodayW,
      chargedTodayWh: state.chargedTodayWh,
      loadTodayWh: state.loadTodayWh,
      stage: chargeStage(state.sunW, charge),
      days: state.days,
      chargedTotalWh: state.chargedTotalWh,
      loadTotalWh: state.loadTotalWh,
    },
  };
}

const totalAh = left.capacityAh + right.capacityAh;

const batteryOf = (
  bank: Bank,
  { capacityAh, cells }: BankOptions,
  spread: readonly number[],
  celsius: number,
): JbdState => ({
  voltage: bank.voltageV,
  current: bank.currentA,
  remainingAh: bank.charge * capacityAh,
  ratedAh: capacityAh,
  cellVoltages: spread.map((difference) => bank.voltageV / cells + difference),
  // What flows warms the cells a little more than the board.
  temperatures: [celsius + Math.abs(bank.currentA) / 40, celsius],
});
