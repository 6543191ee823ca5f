// Data for the dashboards in a real database: the simulated site, and of each kind a device that sends all its fields.

import type { DeviceKind, FieldKind, Value } from '@wattline/protocols';
import { onTestFinished } from 'vitest';
import { createSite } from '../../simulator/src/site/site.ts';
import { fieldsByKind } from '../src/dashboards/fields.ts';
import type { Dashboard } from '../src/dashboards/grafana.ts';
import { agePoints } from '../src/sinks/ages.ts';
import { readingPoints, windowPoints } from '../src/sinks/point.ts';
import type { Point, Sink } from '../src/sinks/sink.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { presets } from '../src/tiers/tier.ts';
import { createTiers } from '../src/tiers/tiers.ts';
import { reading, scratchLog } from './scratch-log.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** A whole quarter of an hour: windows of five minutes begin there. */
export const nowMs = Math.floor(Date.now() / (15 * minuteMs)) * 15 * minuteMs;
const { retention } = { retention: presets.server };
/** Sent by the simulator's site. */
export const simulated = {
  roof: 'solar_charger',
  bank: 'battery',
  inverter: 'inverter',
  orion: 'dc_converter',
} as const;
/** The device of a kind that sends every field. */
export const deviceOf = (kind: DeviceKind): string => `any-${kind}`;

const sample: { readonly [kind in FieldKind]: (n: number) => Value } = {
  gauge: (n) => 10 + (n % 7),
  counter: (n) => n,
  state: () => 'on',
  info: () => 'word',
  flag: () => true,
  flags: () => ['high_voltage'],
};

/** Every two hours for forty days, each minute for the last hour, and a sign of life now. */
const times = [
  ...Array.from({ length: 40 * 12 }, (_, n) => nowMs - 40 * dayMs + n * 2 * hourMs),
  ...Array.from({ length: 60 }, (_, n) => nowMs - hourMs + n * minuteMs),
  Date.now() - 5_000,
];

/** Writes what bridge and tiers make of it. */
export async function fill(sink: Sink): Promise<void> {
  const scratch = scratchLog({ rawMs: retention.rawMs }, [tierSchema]);
  onTestFinished(scratch.remove);
  const { store, log } = scratch;
  const site = createSite(times[0] ?? 0, 1, 0);
  const tiers = createTiers({
    ...{ store, log, tiers: retention.tiers, rawMs: retention.rawMs },
    days: createLocalDays('Europe/Rome'),
    // So that every window is over.
    now: () => nowMs + 2 * dayMs,
    clockSynced: () => false,
    report: () => undefined,
  });
  let sequence = 0;
  for (const [n, timeMs] of times.entries()) {
    const shown = site.at(timeMs);
    const send = (kind: DeviceKind, device: string, values: object) =>
      reading(sequence++, {
        topic: `victron/${kind}/${device}`,
        values,
        meta: { _timestamp: timeMs, _kind: kind, _definition: undefined, _site: 'cabin' },
        receivedMs: timeMs + 100,
      });
    log.append([
      ...Object.entries(simulated).map(([device, kind]) =>
        send(kind, device, shown[device as keyof typeof simulated]),
      ),
      ...[...fieldsByKind()].map(([kind, fields]) =>
        send(
          kind,
          deviceOf(kind),
          Object.fromEntries(fields.map((field) => [field.name, sample[field.kind](n)])),
        ),
      ),
    ]);
  }
  while (tiers.step());
  tiers.flush();
  while (tiers.step());
  await sink.prepare?.();
  const points: Point[] = [
    ...log.read(0, Number.MAX_SAFE_INTEGER).flatMap(readingPoints),
    ...tiers.changedSince(0, Number.MAX_SAFE_INTEGER).flatMap(windowPoints),
    ...standings(),
  ];
  const held = points.filter((point) => sink.holds?.(point, Date.now()) ?? true);
  for (let at = 0; at < held.length; at += 5_000) await sink.write(held.slice(at, at + 5_000));
}

const standings = (): readonly Point[] =>
  Array.from({ length: 30 }, (_, minute) => Date.now() - minute * minuteMs).flatMap((timeMs) =>
    agePoints(
      [
        { series: { topic: 'victron/battery/bank', agent: 'barn' }, site: 'cabin', state: 'fresh', timeMs },
        { series: { topic: 'victron/battery/gone', agent: 'barn' }, site: 'cabin', state: 'lost', timeMs: 0 },
      ],
      timeMs,
    ),
  );

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** As Grafana puts values in place of names. */
export const interpolate = (
  query: string,
  { fromMs, toMs }: Span,
  chosen: { [name: string]: string } = {},
): string =>
  query
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll(/\$\{__from\}|\$__from\b/g, String(fromMs))
    .replaceAll(/\$\{__to\}|\$__to\b/g, String(toMs))
    .replaceAll(/\$\{(\w+):regex\}/g, (_, name) => chosen[name] ?? '.*');

export interface Series {
  readonly tags?: { readonly [tag: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | boolean | null)[])[];
}

/** The series of each of many queries. */
export async function ask(
  { url, headers = {} }: { url: string; headers?: { [name: string]: string } },
  database: string,
  queries: readonly string[],
): Promise<readonly (readonly Series[])[]> {
  const body = new URLSearchParams({ db: database, epoch: 'ms', q: queries.join(';') });
  const response = await fetch(`${url}/query`, { method: 'POST', headers, body });
  const text = await response.text();
  const { results, error } = JSON.parse(text);
  if (error !== undefined) throw new Error(error);
  return results.map((result: { series?: Series[]; error?: string }, index: number) => {
    if (result.error !== undefined) throw new Error(`${result.error}: ${queries[index]}`);
    return result.series ?? [];
  });
}

/** Device and field of what is in a series. */
export const shown = (series: readonly Series[]): readonly string[] =>
  series.flatMap(({ tags, columns, values: rows }) =>
    columns
      .slice(1)
      .filter((_, index) => rows.some((row) => row[index + 1] !== null))
      .map((column) => `${tags?.['device']} ${column}`),
  );

export const panelsOf = (pages: readonly Dashboard[]) =>
  pages.flatMap((page) => page.panels.map((panel) => ({ name: `${page.uid}: ${panel.title}`, page, panel })));
