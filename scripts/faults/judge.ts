// The judgement: what the agent accepted is stored, once and as it was, in the log, in every sink and in every tier.

import { readFiles } from './files.ts';
import type { Measurement, Site } from './site.ts';
import type { Columns } from './stores.ts';
import { type Raw, type Summary, summariesOf, tierMs, tierNames } from './tiers.ts';

export interface Findings {
  readonly accepted: number;
  readonly stored: number;
  /** Accepted and not stored, or not as it was. */
  readonly lost: readonly string[];
  /** Stored more than once. */
  readonly doubled: readonly string[];
  /** Stored, but never measured. */
  readonly invented: readonly string[];
  /** In a sink or a tier otherwise than in the log. */
  readonly wrong: readonly string[];
  /** Values compared in sinks and tiers. */
  readonly compared: number;
}

/** Clocks were wrong by at most so much. */
const clockMsMax = 4 * 3_600_000;
/** A window is shown as closed so long after its end; where clocks are stepped, all have ended. */
const closedAfterMs = 60_000;

export async function judge(site: Site, disk: string, startMs: number): Promise<Findings> {
  const log = new Map<string, readonly Raw[]>();
  for (const charger of site.chargers) log.set(charger, await exported<Raw>(site, charger, 'raw'));
  const stored: Measurement[] = [...log].flatMap(([charger, readings]) =>
    readings.map(({ time, pv_power }) => ({ charger, number: pv_power, timeMs: time })),
  );
  const times = new Map(stored.map((each) => [keyOf(each), each.timeMs]));
  const isMade = ({ charger, number, timeMs }: Measurement): boolean =>
    number >= 1 &&
    number <= site.made(charger) &&
    timeMs >= startMs - clockMsMax &&
    timeMs <= Date.now() + clockMsMax;
  const comparison = createComparison();
  await compareSinks(site, disk, log, comparison);
  await compareTiers(site, log, comparison);
  return {
    accepted: site.accepted.length,
    stored: stored.length,
    lost: site.accepted.filter((each) => times.get(keyOf(each)) !== each.timeMs).map(keyOf),
    doubled: [...Map.groupBy(stored, keyOf)].filter(([, each]) => each.length > 1).map(([key]) => key),
    invented: stored.filter((each) => !isMade(each)).map(keyOf),
    ...comparison.result(),
  };
}

const keyOf = ({ charger, number }: Measurement): string => `${charger} ${number}`;

async function exported<Line>(site: Site, charger: string, tier: string): Promise<readonly Line[]> {
  const toMs = Date.now() + clockMsMax;
  const text = await site.ask(`/api/export?device=${charger}&from=0&to=${toMs}&tier=${tier}&format=jsonl`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}

type Comparison = ReturnType<typeof createComparison>;

function createComparison() {
  const wrong: string[] = [];
  let compared = 0;
  const isSame = (one: unknown, other: unknown): boolean =>
    typeof one === 'number' && typeof other === 'number'
      ? Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other))
      : one === other;
  return {
    /**
     * @param expected by time; several where readings have the same time, of which a sink keeps one
     * @param mayBeOpen windows from then on may be missing, or as they were a moment ago
     */
    times(
      where: string,
      found: readonly (readonly [number, unknown])[],
      expected: ReadonlyMap<number, readonly unknown[]>,
      mayBeOpen = Number.POSITIVE_INFINITY,
    ): void {
      const seen = new Set<number>();
      for (const [time, value] of found) {
        compared++;
        if (seen.has(time)) wrong.push(`${where}: ${time} twice`);
        seen.add(time);
        const right = expected.get(time);
        if (right === undefined) wrong.push(`${where}: ${time} is in no reading`);
        else if (time < mayBeOpen && !right.some((each) => isSame(value, each)))
          wrong.push(`${where}: at ${time} ${value}, not ${right}`);
      }
      for (const time of expected.keys())
        if (!seen.has(time) && time < mayBeOpen) wrong.push(`${where}: ${time} is missing`);
    },
    result: () => ({ wrong, compared }),
  };
}

/** Values by time. */
const valuesBy = (readings: readonly Raw[], field: keyof Raw): ReadonlyMap<number, readonly unknown[]> =>
  new Map(
    [...Map.groupBy(readings, ({ time }) => time)].map(([time, each]) => [
      time,
      each.map((reading) => reading[field]),
    ]),
  );

async function compareSinks(
  { databases }: Site,
  disk: string,
  log: ReadonlyMap<string, readonly Raw[]>,
  comparison: Comparison,
): Promise<void> {
  for (const field of ['pv_power', 'charge_state'] as const) {
    const sinks: (readonly [string, Columns])[] = [
      ['csv', readFiles(disk, 'csv', field)],
      ['jsonl', readFiles(disk, 'jsonl', field)],
    ];
    for (const database of databases)
      sinks.push([database.name, await database.select('raw', 'solar_charger', field)]);
    for (const [name, columns] of sinks)
      for (const [charger, readings] of log)
        comparison.times(
          `${name} ${charger} ${field}`,
          columns.get(charger) ?? [],
          valuesBy(readings, field),
        );
  }
}

/** Every number that a window has: its field, the measurement it stands in, and what it should be. */
const parts: readonly {
  readonly field: keyof Summary;
  readonly part: string;
  readonly of: (summary: Summary) => unknown;
}[] = [
  { field: 'pv_power', part: 'mean', of: ({ pv_power }) => pv_power.mean },
  { field: 'pv_power', part: 'min', of: ({ pv_power }) => pv_power.min },
  { field: 'pv_power', part: 'max', of: ({ pv_power }) => pv_power.max },
  { field: 'battery_voltage', part: 'mean', of: ({ battery_voltage }) => battery_voltage.mean },
  { field: 'charge_state', part: 'last', of: ({ charge_state }) => charge_state.last },
  { field: 'pv_energy_today', part: 'last', of: ({ pv_energy_today }) => pv_energy_today.last },
  { field: 'pv_energy_today', part: 'increase', of: ({ pv_energy_today }) => pv_energy_today.increase },
];

async function compareTiers(
  site: Site,
  log: ReadonlyMap<string, readonly Raw[]>,
  comparison: Comparison,
): Promise<void> {
  for (const tier of tierNames) {
    const mayBeOpen =
      site.clocks === undefined ? Date.now() - closedAfterMs - tierMs[tier] : Number.POSITIVE_INFINITY;
    const right = new Map(
      [...log].map(([charger, readings]) => [charger, summariesOf(readings, tierMs[tier])]),
    );
    const expected = (charger: string, of: (summary: Summary) => unknown) =>
      new Map([...(right.get(charger) ?? [])].map(([start, summary]) => [start, [of(summary)]]));
    for (const charger of log.keys()) {
      const lines = await exported<{ time: number } & Record<string, Record<string, unknown>>>(
        site,
        charger,
        tier,
      );
      for (const { field, part, of } of parts) {
        const found = lines.map((line) => [line.time, line[field]?.[part]] as const);
        comparison.times(`tier ${tier} ${charger} ${field} ${part}`, found, expected(charger, of));
      }
    }
    for (const database of site.databases)
      for (const { field, part, of } of parts) {
        const columns = await database.select(tier, `solar_charger_${part}`, field);
        for (const charger of log.keys())
          comparison.times(
            `${database.name} ${tier} ${charger} ${field} ${part}`,
            columns.get(charger) ?? [],
            expected(charger, of),
            mayBeOpen,
          );
      }
  }
}
