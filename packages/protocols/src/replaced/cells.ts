// Cells that are sent as a list, as fields of their own.

import { type Fields, gauge } from '../field.ts';
import type { Entries, EntryWhere } from './entries.ts';

/** More than any battery of these programs has. */
export const cellsMax = 32;

/** `cell_voltage_1` and on; those that a message lacks are absent. */
export const cells = (
  where: (n: number) => EntryWhere<number | undefined>,
  options: Parameters<typeof gauge>[1],
): Fields<Entries> =>
  Object.fromEntries(
    Array.from({ length: cellsMax }, (_, index) => [
      `cell_voltage_${index + 1}`,
      gauge(where(index + 1), options),
    ]),
  );
