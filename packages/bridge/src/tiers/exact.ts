// Exact sums of decimal numbers. A number is counted in millionths, as a safe integer; a sum is the integer
// high · 2^52 + low, kept so that high and low never have opposite signs and |low| < 2^52. Two sums of the same
// numbers in any order and grouping are therefore the same bits.

/** Millionths are kept: finer than any device measures. */
const unitsPerOne = 1_000_000;
const carry = 2 ** 52;

/** About ±4.5 · 10⁹, with all six decimals up to 2.2 · 10⁹. */
export const unitsMax = carry - 1;

export interface ExactSum {
  high: number;
  low: number;
}

/** Millionths of a number; `undefined`: beyond what can be summed exactly. */
export function toUnits(value: number): number | undefined {
  // Adding 0 makes −0 to 0, which would be other bits.
  const units = Math.round(value * unitsPerOne) + 0;
  return units <= unitsMax && units >= -unitsMax ? units : undefined;
}

/** The double nearest to the decimal. */
export const fromUnits = (units: number): number => units / unitsPerOne;

/** Adds an integer of at most `unitsMax` in size. */
export function addUnits(sum: ExactSum, units: number): void {
  add(sum, 0, units);
}

export function addSum(sum: ExactSum, other: ExactSum): void {
  add(sum, other.high, other.low);
}

function add(sum: ExactSum, high: number, low: number): void {
  sum.low += low;
  sum.high += high;
  if (sum.low >= carry) {
    sum.low -= carry;
    sum.high++;
  } else if (sum.low <= -carry) {
    sum.low += carry;
    sum.high--;
  }
  if (sum.high > 0 && sum.low < 0) {
    sum.low += carry;
    sum.high--;
  } else if (sum.high < 0 && sum.low > 0) {
    sum.low -= carry;
    sum.high++;
  }
}

/** The sum as a number, divided by `count`. */
export const quotient = ({ high, low }: ExactSum, count: number): number =>
  (high * carry + low) / (count * unitsPerOne);
