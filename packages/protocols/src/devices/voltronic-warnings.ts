// Voltronic's warnings: one list, as digits of QPIWS, bits of a characteristic, or columns of FWS. Whether a row is a fault
// or a warning is the sheet's table; rows with a star are faults while the inverter is in fault.
// Rows 0 to 29 are stable; of those that differ by model only 30 is taken, as GK has it.

import { type Codes, type Fields, flag, flags } from '../field.ts';
import type { Where } from '../where.ts';

export interface WarningTable {
  /** By row: what stops the inverter. */
  readonly faults: Codes;
  readonly warnings: Codes;
  /** Faults while the inverter is in fault, else warnings. */
  readonly either: Codes;
}

export const voltronicWarnings: WarningTable = {
  faults: {
    1: 'inverter_failure',
    2: 'dc_bus_voltage_high',
    3: 'dc_bus_voltage_low',
    4: 'dc_bus_soft_start_failure',
    6: 'ac_output_short_circuit',
    7: 'ac_output_voltage_low',
    8: 'ac_output_voltage_high',
    18: 'inverter_current_high',
    19: 'inverter_soft_start_failure',
    20: 'self_test_failure',
    21: 'ac_output_dc_voltage_high',
    22: 'battery_disconnected',
    23: 'current_sensor_failure',
    24: 'battery_short_circuit',
    30: 'dc_converter_current_high',
  },
  warnings: {
    12: 'battery_voltage_low',
    14: 'battery_cutoff',
    15: 'battery_derating',
    17: 'memory_failure',
    25: 'power_limited',
    26: 'pv_voltage_high',
    27: 'pv_overload_stop',
    28: 'pv_overload',
    29: 'battery_too_low_to_charge',
  },
  either: { 9: 'temperature_high', 10: 'fan_locked', 11: 'battery_voltage_high', 16: 'overload' },
};

/** Rows that are no trouble: at night, or off the grid. */
export const pvLostRow = 0;
export const inverterFaultRow = 1;
export const acInputLostRow = 5;
export const equalizationRow = 35;

/**
 * @param rows all rows as a mask, row n is bit n
 * @param isInFault decides about the rows with a star
 */
export function warningFields<Payload>(
  rows: Where<Payload, number | undefined>,
  { faults, warnings, either }: WarningTable,
  isInFault: (payload: Payload, rows: number) => boolean,
): Fields<Payload> {
  const part = (list: Codes, withEither: boolean, what: string): Where<Payload> => {
    const read = (payload: Payload): number | undefined => {
      const all = rows.read(payload);
      if (all === undefined) return undefined;
      return rowsOf(all, list) + (isInFault(payload, all) === withEither ? rowsOf(all, either) : 0);
    };
    return { text: `${rows.text}, ${what}`, read };
  };
  return {
    warnings: flags(part(warnings, false, 'warnings'), { ...warnings, ...either }, { problem: true }),
    faults: flags(part(faults, true, 'faults'), { ...faults, ...either }, { problem: true }),
  };
}

/** The rows of a mask that a list has. Not with `&`: there are more than 32. */
function rowsOf(all: number, list: Codes): number {
  let some = 0;
  for (const row in list) if (isSet(all, Number(row))) some += 2 ** Number(row);
  return some;
}

export const isSet = (rows: number, row: number): boolean => Math.floor(rows / 2 ** row) % 2 === 1;

/** One row as a flag. */
export const rowFlag = <Payload>(rows: Where<Payload, number | undefined>, row: number) =>
  flag({
    text: `${rows.text}, row ${row}`,
    read: (payload: Payload) => {
      const all = rows.read(payload);
      return all === undefined ? undefined : Number(isSet(all, row));
    },
  });
