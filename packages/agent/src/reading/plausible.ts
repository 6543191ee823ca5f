// Whether values can be true. What no device of this field can have is published as unknown, never as real. Narrower bounds
// tell a wrong key: one that begins like the right one passes the device's own check and gives random numbers, most of
// which show as codes that no device sends, or as shares beyond 100 %.

import { describeField, type Unit, type Value, type Values } from '@wattline/protocols';

export interface Limits {
  readonly least: number;
  readonly most: number;
}

/** By unit, or by the name of a field, which comes first. */
export type LimitsBy = { readonly [unitOrField: string]: Limits };

/** Far beyond what any device off the grid has: only a fault of a sensor, of a decoder or of a line gets there. */
export const limitsOfUnits: { readonly [unit in Unit]: Limits } = {
  V: { least: -1000, most: 1500 },
  A: { least: -2000, most: 2000 },
  W: { least: -1e6, most: 1e6 },
  VA: { least: -1e6, most: 1e6 },
  var: { least: -1e6, most: 1e6 },
  Wh: { least: -1e12, most: 1e12 },
  Ah: { least: -1e8, most: 1e8 },
  '%': { least: -200, most: 1000 },
  '°C': { least: -60, most: 200 },
  Hz: { least: 0, most: 1000 },
  s: { least: 0, most: 1e10 },
  Ω: { least: 0, most: 1e9 },
  'W/m²': { least: -50, most: 2500 },
  dBm: { least: -200, most: 50 },
  rpm: { least: -1e5, most: 1e5 },
};

/** A load or a deviation may be beyond 100 %, what is in a battery or in the air not. */
const whole: Limits = { least: 0, most: 100 };
const limitsOfFields: LimitsBy = { state_of_charge: whole, state_of_health: whole, humidity: whole };

export interface Judged {
  /** With `null` for what cannot be true. */
  readonly values: Values;
  /** Fields that cannot be true, each with its limits, in words. */
  readonly implausible: readonly string[];
}

/** @param own the device's limits, before those of the units */
export function judge(values: Values, own: LimitsBy = {}): Judged {
  const implausible: string[] = [];
  let judged: { [field: string]: Value } | undefined;
  for (const [field, value] of Object.entries(values)) {
    if (typeof value !== 'number') continue;
    const unit = describeField(field)?.unit;
    const limits = own[field] ?? limitsOfFields[field] ?? (unit && (own[unit] ?? limitsOfUnits[unit]));
    if (Number.isFinite(value) && (limits === undefined || isWithin(value, limits))) continue;
    judged ??= { ...values };
    judged[field] = null;
    const range =
      limits === undefined ? 'a number' : `${limits.least} to ${limits.most} ${unit ?? ''}`.trim();
    implausible.push(`${field} (expected ${range})`);
  }
  return { values: judged ?? values, implausible };
}

const isWithin = (value: number, { least, most }: Limits): boolean => value >= least && value <= most;

const doubts: { readonly [unit in Unit]?: Limits } = {
  // Deviations are shares too.
  '%': { least: -100, most: 100 },
  '°C': { least: -60, most: 150 },
};

/** Fields with their values that no device of sense has. */
export const doubtful = (values: Values): string[] =>
  Object.entries(values).flatMap(([field, value]) => {
    const unit = describeField(field)?.unit;
    return isDoubtful(value, unit) ? [`${field} ${value}${unit === undefined ? '' : ` ${unit}`}`] : [];
  });

function isDoubtful(value: Value, unit: Unit | undefined): boolean {
  if (typeof value === 'number') {
    const limits = unit && doubts[unit];
    return limits !== undefined && !isWithin(value, limits);
  }
  const words = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  return words.some((word) => word.startsWith('unknown_'));
}
