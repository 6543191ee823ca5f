// Decimal zeros that integers have in common: taken off before packing, because most devices send two decimals of six.

export const powersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;

/** How many zeros, at most six, all of the numbers end in. */
export function zerosOf(numbers: readonly number[]): number {
  let zeros = powersOfTen.length - 1;
  for (const number of numbers) {
    // Below 2^53 a quotient by at most 10^6 is never rounded to a whole one.
    while (zeros > 0 && !Number.isInteger(number / (powersOfTen[zeros] ?? 1))) zeros--;
  }
  return zeros;
}
