// The tiers by their definition: one plain computation over all readings, with none of the bridge's code.

/** As they stand in the configuration, and in the names of buckets. */
export const tierNames = ['10s', '1m', '30m', '1d'] as const;
export type TierName = (typeof tierNames)[number];

export const tierMs: { readonly [name in TierName]: number } = {
  '10s': 10_000,
  '1m': 60_000,
  '30m': 1_800_000,
  // The time zone of the site is UTC.
  '1d': 86_400_000,
};

/** A reading as the log has it. */
export interface Raw {
  readonly time: number;
  readonly pv_power: number;
  readonly battery_voltage: number;
  readonly charge_state: string;
  readonly pv_energy_today: number;
}

interface Gauge {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** What a window says of the readings of one device. */
export interface Summary {
  readonly pv_power: Gauge;
  readonly battery_voltage: Gauge;
  readonly charge_state: { readonly last: string };
  readonly pv_energy_today: { readonly last: number; readonly increase: number };
}

/** By the start of the window. */
export function summariesOf(readings: readonly Raw[], lengthMs: number): ReadonlyMap<number, Summary> {
  const grown = growthOf(readings);
  const windows = Map.groupBy(readings, ({ time }) => Math.floor(time / lengthMs) * lengthMs);
  return new Map(
    [...windows].map(([start, inside]) => [
      start,
      {
        pv_power: gaugeOf(inside.map((reading) => reading.pv_power)),
        battery_voltage: gaugeOf(inside.map((reading) => reading.battery_voltage)),
        charge_state: { last: newest(inside.map((reading) => [reading.time, reading.charge_state])) },
        pv_energy_today: {
          last: newest(inside.map((reading) => [reading.time, reading.pv_energy_today])),
          increase: inside.reduce((sum, reading) => sum + (grown.get(reading) ?? 0), 0),
        },
      },
    ]),
  );
}

const gaugeOf = (values: readonly number[]): Gauge => ({
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Of two values of the same time the greater one. */
function newest<Value extends string | number>(values: readonly (readonly [number, Value])[]): Value {
  const [first, ...others] = values;
  if (first === undefined) throw new Error('a window without readings');
  return others.reduce((last, each) => {
    if (each[0] !== last[0]) return each[0] > last[0] ? each : last;
    return each[1] > last[1] ? each : last;
  }, first)[1];
}

/** What the counter grew by since the reading before; a smaller value is one that began again from zero. */
function growthOf(readings: readonly Raw[]): ReadonlyMap<Raw, number> {
  const sorted = readings.toSorted((a, b) => a.time - b.time || a.pv_energy_today - b.pv_energy_today);
  return new Map(
    sorted.map((reading, index) => {
      const before = sorted[index - 1]?.pv_energy_today;
      const now = reading.pv_energy_today;
      return [reading, before === undefined ? 0 : now >= before ? now - before : now];
    }),
  );
}
