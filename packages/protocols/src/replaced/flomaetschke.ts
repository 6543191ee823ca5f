// FloMaetschke/victron: one text a value, or collections of them; the type of a device is only in its configuration.

import type { Entries } from './entries.ts';
import { flomaetschkeRecords, keysOf } from './flomaetschke-records.ts';
import { entriesOf, type Rule, translated } from './translation.ts';

/** Collections hold the values as they came, each with the time on the site's clock. */
function collectionOf(entries: Entries) {
  const values = new Map<string, unknown>();
  const times: string[] = [];
  for (const [name, part] of entries) {
    const inner = entriesOf(part);
    const value = inner?.get('value');
    if (inner === undefined || typeof value !== 'string') return undefined;
    values.set(name, value);
    const updated = inner.get('updated');
    if (typeof updated === 'string') times.push(updated);
  }
  return { values, newest: times.toSorted().at(-1) };
}

const valueNames = new Set(Object.values(flomaetschkeRecords).flatMap((record) => [...keysOf(record)]));

export const flomaetschke: Rule = {
  records: flomaetschkeRecords,
  topic: /^[^/]+\/[^/]+\/[^/]+$/,
  translate: ({ topic, json, text }, { victronTypes, localTimeMs }) => {
    const [, name = '', what = ''] = topic.split('/');
    const entries = entriesOf(json);
    const collection = entries && collectionOf(entries);
    const type = victronTypes.get(name);
    // A flat object is some other program's; one that holds no entries is nobody's.
    if (entries !== undefined && (collection === undefined || entries.size === 0)) return undefined;
    if (what === 'online' && (text === '0' || text === '1')) return { state: 'presence' };
    if (type === undefined) {
      if (collection === undefined && !valueNames.has(what)) return undefined;
      const says = `to store values of FloMaetschke's program, name its device: replaced_programs.victron_devices: { ${name}: smartshunt }`;
      return { unfit: says };
    }
    const record = flomaetschkeRecords[`flomaetschke-${type}`];
    if (record === undefined) return { unfit: `a ${type} is none of FloMaetschke's devices` };
    const known = keysOf(record);
    const values = new Map(
      [...(collection?.values ?? new Map<string, unknown>([[what, text]]))].filter(([key]) => known.has(key)),
    );
    if (values.size === 0) return { unfit: `FloMaetschke's ${type} has no value of that name` };
    const timeMs = collection?.newest === undefined ? undefined : localTimeMs(collection.newest);
    return {
      ...translated([`flomaetschke-${type}`, record], { vendor: 'victron', type, name }, values),
      ...(timeMs === undefined ? {} : { timeMs }),
    };
  },
};
