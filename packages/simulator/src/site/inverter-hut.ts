// A made-up hut over time: three inverters in parallel and one by itself on a stack of batteries. Panels hang on the first
// of the three and on the one alone; each inverter feeds its part of the loads and takes the rest from the stack.

import type { AxpertState } from '../devices/axpert.ts';
import type { CanBatteryState } from '../devices/can-battery.ts';
import { stackOf } from '../devices/can-stack.ts';
import { type Bank, type BankOptions, createBank, stepParallelBanks, takenFromPanels } from './bank.ts';
import { hoursOf, isNewDay, type Simulated, type Stretch, simulate, type Timing } from './simulate.ts';
import { airTemperature, demand, drift, sunshine } from './weather.ts';

export interface InverterHutMoment {
  /** The one at the cable first. */
  readonly parallel: readonly AxpertState[];
  readonly single: AxpertState;
  readonly stack: CanBatteryState;
}

export type InverterHut = Simulated<InverterHutMoment>;

const stack: BankOptions = { capacityAh: 400, cells: 15, charge: 0.7 };

interface Inverter {
  readonly panelsW: number;
  /** Of all that is switched on. */
  readonly loadShare: number;
}

const inverters: readonly Inverter[] = [
  { panelsW: 3200, loadShare: 0.27 },
  { panelsW: 0, loadShare: 0.25 },
  { panelsW: 0, loadShare: 0.24 },
  { panelsW: 1400, loadShare: 0.24 },
];
const singleIndex = 3;
const panelsW = inverters.reduce((sum, inverter) => sum + inverter.panelsW, 0);

const chargerEfficiency = 0.99;
const inverterEfficiency = 0.97;
/** What an inverter needs for itself. */
const idleW = 8;
/** A transmitter that never sleeps, beside those who live there. */
const transmitterW = 120;
const householdShare = 0.6;

interface Flow {
  pvW: number;
  outputW: number;
  /** From or to the stack, + charges it. */
  stackW: number;
  pvTodayWh: number;
  pvTotalWh: number;
}

interface State {
  readonly bank: Bank;
  readonly flows: readonly Flow[];
}

export function createInverterHut(timing: Timing): InverterHut {
  const state: State = {
    bank: createBank(stack),
    flows: inverters.map((inverter) => ({
      ...{ pvW: 0, outputW: 0, stackW: 0, pvTodayWh: 0 },
      pvTotalWh: inverter.panelsW * 1150,
    })),
  };
  return simulate(
    timing,
    (stretch) => step(state, timing.seed, stretch),
    (localMs) => show(state, timing.seed, localMs),
  );
}

function step(state: State, seed: number, stretch: Stretch): void {
  const { bank, flows } = state;
  const { localMs, elapsedMs } = stretch;
  const loadW = transmitterW + householdShare * demand(seed + 60, localMs);
  const neededW = loadW / inverterEfficiency + idleW * inverters.length;
  const sunW = takenFromPanels(panelsW * sunshine(seed, localMs), bank.charge, neededW / chargerEfficiency);
  const hours = hoursOf(stretch);
  for (const [index, flow] of flows.entries()) {
    const inverter = inverters[index] as Inverter;
    if (isNewDay(stretch)) flow.pvTodayWh = 0;
    flow.pvW = (sunW * inverter.panelsW) / panelsW;
    flow.outputW = loadW * inverter.loadShare;
    flow.stackW = flow.pvW * chargerEfficiency - flow.outputW / inverterEfficiency - idleW;
    flow.pvTodayWh += flow.pvW * hours;
    flow.pvTotalWh += flow.pvW * hours;
  }
  const stackW = flows.reduce((sum, flow) => sum + flow.stackW, 0);
  stepParallelBanks([{ bank, options: stack }], stackW, elapsedMs);
}

function show({ bank, flows }: State, seed: number, localMs: number): InverterHutMoment {
  const air = airTemperature(seed, localMs);
  const all = flows.map((flow, index) => inverterOf(flow, index, bank, air, seed, localMs));
  return {
    parallel: all.slice(0, singleIndex),
    single: all[singleIndex] as AxpertState,
    stack: stackOf(bank, stack, air + 3),
  };
}

function inverterOf(
  { pvW, outputW, stackW, pvTodayWh, pvTotalWh }: Flow,
  index: number,
  bank: Bank,
  air: number,
  seed: number,
  localMs: number,
): AxpertState {
  const hasSun = pvW > 2;
  return {
    ...{ mode: 'B', acInputVoltage: 0, frequency: 50 },
    acOutputVoltage: 229.6 + drift(seed + 61, localMs, 60_000),
    acOutputPower: outputW,
    batteryVoltage: bank.voltageV,
    batteryCurrent: stackW / bank.voltageV,
    charge: bank.charge * 100,
    heatsink: air + 9 + (outputW + pvW) / 150,
    pvVoltage: hasSun ? 245 + 12 * drift(seed + 62 + index, localMs, 40_000) : 0,
    pvPower: hasSun ? pvW : 0,
    pvEnergyToday: pvTodayWh,
    pvEnergyTotal: pvTotalWh,
    clock: new Date(localMs).toISOString().replace(/\D/g, '').slice(0, 14),
  };
}
