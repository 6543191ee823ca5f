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
/** Of a cell of `cellOhmAtAh`. */
const cellOhm = 0.0009;
const cellOhmAtAh = 200;

export function createBank({ capacityAh, charge }: BankOptions): Bank {
  return { charge, currentA: 0, voltageV: 0, consumedAh: (1 - charge) * capacityAh };
}

/** Flat in the middle, steep at both ends, as these cells are. */
function cellVoltage(charge: number): number {
  return (
    3.2 +
    0.12 * charge +
    0.18 * Math.max(0, charge - 0.95) * 20 * (charge - 0.95) -
    0.7 * Math.max(0, 0.1 - charge) * 5
  );
}

/** Lets a power flow into the bank (negative: out of it) for a while. */
export function stepBank(bank: Bank, options: BankOptions, powerW: number, elapsedMs: number): void {
  const rest = cellVoltage(bank.charge) * options.cells;
  moveCharge(bank, options, powerW / rest, elapsedMs);
  bank.voltageV = rest + bank.currentA * cellOhm * options.cells;
}

/**
 * Lets a power flow into batteries side by side: they have one voltage, and each takes the current that its own charge
 * and resistance leave it. What flows is the power to the watt.
 */
export function stepParallelBanks(
  banks: readonly { readonly bank: Bank; readonly options: BankOptions }[],
  powerW: number,
  elapsedMs: number,
): void {
  const parts = banks.map(({ bank, options }) => {
    const restV = cellVoltage(bank.charge) * options.cells;
    // A larger cell has less resistance.
    const siemens = options.capacityAh / cellOhmAtAh / (cellOhm * options.cells);
    return { bank, options, restV, siemens };
  });
  const siemens = parts.reduce((sum, part) => sum + part.siemens, 0);
  const openV = parts.reduce((sum, part) => sum + part.restV * part.siemens, 0) / siemens;
  const voltageV = (openV + Math.sqrt(openV ** 2 + (4 * powerW) / siemens)) / 2;
  for (const { bank, options, restV, siemens: own } of parts) {
    moveCharge(bank, options, (voltageV - restV) * own, elapsedMs);
    bank.voltageV = voltageV;
  }
}

function moveCharge(bank: Bank, options: BankOptions, currentA: number, elapsedMs: number): void {
  bank.currentA = currentA;
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
