// From readings, and from windows of the tiers, to the points that stores keep. Pure.
// Raw: measurement = device kind, a field a value. Tiers: <kind>_mean, _min, _max, _last, _bit_or, _increase, the start
// of the window as time.

import type { DeviceKind, Value, Values } from '@wattline/protocols';
import { topicParts } from '../live/device-id.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { WindowOfSeries } from '../tiers/changes.ts';
import { publish, type WindowValue } from '../tiers/published.ts';
import { tierName } from '../tiers/tier.ts';
import { type Point, rawTier } from './sink.ts';

/** Names that are tags, and so no fields: a value of that name gets a `_` behind it. */
const tagNames = ['vendor', 'type', 'device', 'agent', 'site'] as const;
const tagNameSet: ReadonlySet<string> = new Set(tagNames);

const measurements = [
  ['mean', 'mean'],
  ['min', 'min'],
  ['max', 'max'],
  ['last', 'last'],
  ['increase', 'increase'],
  ['bit_or', 'bits'],
] as const satisfies readonly (readonly [string, keyof WindowValue])[];

/** Ends of the names of a tier's measurements. */
export const tierMeasurements: readonly string[] = measurements.map(([suffix]) => suffix);

/** None when nothing in the reading is known. */
export function readingPoints({ series, site, kind, values, timeMs }: StoredReading): readonly Point[] {
  const fields = isPlain(values) ? values : fieldsOf(Object.entries(values));
  if (fields === undefined) return [];
  return [{ tier: rawTier, measurement: kind, tags: tagsOf(series, site), fields, timeMs }];
}

/** Whether the values can be the fields as they are. */
function isPlain(values: Values): values is Point['fields'] {
  let count = 0;
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined || typeof value === 'object' || tagNameSet.has(name))
      return false;
    count++;
  }
  return count > 0;
}

export function windowPoints(window: WindowOfSeries): readonly Point[] {
  const { series, site, kind, definition, every, startMs } = window;
  const tier = tierName(every);
  const tags = tagsOf(series, site);
  const published = window.fields.map(
    ({ name, aggregate }) => [name, publish(aggregate, definition, name)] as const,
  );
  return measurements.flatMap(([suffix, key]) => {
    const fields = fieldsOf(published.map(([name, value]) => [name, value[key]]));
    return fields === undefined
      ? []
      : [{ tier, measurement: measurementOf(kind, suffix), tags, fields, timeMs: startMs }];
  });
}

const measurementOf = (kind: DeviceKind, suffix: string): string => `${kind}_${suffix}`;

/** `undefined`: no value of them is known. */
function fieldsOf(
  values: readonly (readonly [name: string, value: Value | undefined])[],
): Point['fields'] | undefined {
  const known = values.flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    return [[fieldName(name), typeof value === 'object' ? value.join(',') : value] as const];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

const fieldName = (name: string): string => (tagNameSet.has(name) ? `${name}_` : name);

/** One object for all points of a series at a site: what is made of it is made once. */
const tagsBySeries = new WeakMap<
  SeriesKey,
  { readonly site: string | undefined; readonly tags: Point['tags'] }
>();

export function tagsOf(series: SeriesKey, site: string | undefined): Point['tags'] {
  const known = tagsBySeries.get(series);
  if (known !== undefined && known.site === site) return known.tags;
  const tags = makeTags(series, site);
  tagsBySeries.set(series, { site, tags });
  return tags;
}

/** Without those that would be empty. */
function makeTags({ topic, agent }: SeriesKey, site: string | undefined): Point['tags'] {
  const { vendor, type, name: device } = topicParts(topic);
  const tags = { vendor, type, device, agent, site };
  return Object.fromEntries(
    tagNames.flatMap((name) => {
      const value = tags[name];
      return value ? [[name, value]] : [];
    }),
  );
}
