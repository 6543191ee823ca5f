// A charger and a battery in software: enough physics that states, currents and voltages fit each other.

export interface Bank {
  /** 0…1. */
  charge: number;
  /** Positive: charging. */
  currentA: number;
  voltageV: number;
  /** Ah taken out since the battery was full. */
  consumedAh: number;
}

export interface BankOptions {
  readonly capacityAh: number;
  /** Battery cells in series, lithium iron phosphate. */
  readonly cells: number;
  readonly charge: number;
}

const hourMs = 3_600_000;
const cellOhm = 0.0009;

export function createBank({ capacityAh, charge }: BankOptions): Bank {
  return { charge, currentA: 0, voltageV: 0, consumedAh: (1 - charge) * capacityAh };
}

/** Flat in the middle, steep at both ends, as these cells are. */
function restVoltage(charge: number): number {
  return (
    3.2 +
    0.12 * charge +
    0.18 * Math.max(0, charge - 0.95) * 20 * (charge - 0.95) -
    0.7 * Math.max(0, 0.1 - charge) * 5
  );
}

/** Lets a power flow into the bank (negative: out of it) for a while. */
export function stepBank(bank: Bank, options: BankOptions, powerW: number, elapsedMs: number): void {
  const rest = restVoltage(bank.charge) * options.cells;
  bank.currentA = powerW / rest;
  bank.voltageV = rest + bank.currentA * cellOhm * options.cells;
  const movedAh = (bank.currentA * elapsedMs) / hourMs;
  bank.charge = Math.min(1, Math.max(0.02, bank.charge + movedAh / options.capacityAh));
  bank.consumedAh = (1 - bank.charge) * options.capacityAh;
}

/** The charging stage that a solar charger would be in. */
export function chargeStage(sunW: number, charge: number): 'off' | 'bulk' | 'absorption' | 'float' {
  if (sunW < 2) return 'off';
  if (charge < 0.95) return 'bulk';
  return charge < 0.995 ? 'absorption' : 'float';
}

/** What the charger takes from the panels: less and less as the battery fills, never less than the loads need. */
export function takenFromPanels(availableW: number, charge: number, loadW: number): number {
  const acceptance = charge < 0.95 ? 1 : Math.max(0, (1 - charge) / 0.05);
  return Math.min(availableW, loadW + acceptance * availableW);
}
