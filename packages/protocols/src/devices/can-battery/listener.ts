// Listens to a bus for one family. Frames come each on its own and again and again: the newest data of each identifier
// are kept with their time, and what was not heard for long is neither shown nor used.

import type { BusListener, Decoded } from '../../device.ts';
import type { Value, Values } from '../../field.ts';
import { formatId } from '../../frames.ts';
import { decodeRecord } from '../../record.ts';
import { aboutUnit, type BusFamily, damageOf, placeOf, type RecordsById, recordsById } from './family.ts';

/** Frames repeat within a second, some within two; one not heard for this long is not shown as new any more. */
const frameAgeMaxMs = 5000;
/** What was never heard again for this long, maker and serial number included, may be of another battery. SMA's limit. */
export const deadAfterMs = 60_000;
/** Foreign identifiers kept for `read --raw`. */
const unknownMax = 64;

interface HeardFrame {
  readonly data: Uint8Array;
  readonly timeMs: number;
}
type Heard = ReadonlyMap<number, HeardFrame>;

export function listenFor(family: BusFamily): BusListener {
  const layout = layOut(family);
  const units = new Map<number | undefined, Map<number, HeardFrame>>();
  const unknown = new Map<string, { readonly text: string; readonly count: number }>();
  let whole = false;

  const forgetDead = (timeMs: number): void => {
    for (const [unit, heard] of units) {
      for (const [id, frame] of heard) if (timeMs - frame.timeMs > deadAfterMs) heard.delete(id);
      if (heard.size === 0) units.delete(unit);
    }
    if (units.size === 0) whole = false;
  };

  const noteUnknown = (id: number, data: Uint8Array): void => {
    const name = formatId(id);
    const count = (unknown.get(name)?.count ?? 0) + 1;
    if (count > 1 || unknown.size < unknownMax) unknown.set(name, { text: hexOf(data), count });
  };

  const push: BusListener['push'] = (frame, timeMs) => {
    const damage = damageOf(frame);
    if (damage !== undefined) return [{ corrupt: damage }];
    const placed = placeOf(family, frame.id);
    if (placed === undefined || !layout.known.has(placed.id)) {
      noteUnknown(frame.id, frame.data);
      return [];
    }
    forgetDead(timeMs);
    const heard = units.get(placed.unit) ?? new Map<number, HeardFrame>();
    if (heard.has(placed.id) && layout.measuring.has(placed.id)) whole = true;
    units.set(placed.unit, heard.set(placed.id, { data: frame.data, timeMs }));
    return [];
  };

  const current: BusListener['current'] = (timeMs) => {
    forgetDead(timeMs);
    return [...units].flatMap(([unit, heard]) => {
      const told = currentOf(layout, heard, timeMs);
      return told === undefined ? [] : [{ ...told, ...aboutUnit(family, unit) }];
    });
  };

  return { push, current, isWhole: () => whole, unknown: () => unknown };
}

interface Layout {
  readonly family: BusFamily;
  /** The family's own records first: the first that knows a value has it. */
  readonly layers: readonly { readonly records: BusFamily['records']; readonly byId: RecordsById }[];
  readonly known: ReadonlySet<number>;
  /** Identifiers that hold what changes: by them a battery is alive. */
  readonly measuring: ReadonlySet<number>;
}

function layOut(family: BusFamily): Layout {
  const { records, besides = {} } = family;
  const own = recordsById(records);
  const others = new Map([...recordsById(besides)].filter(([id]) => !own.has(id)));
  const fields = [...Object.values(records), ...Object.values(besides)].flatMap((record) =>
    Object.values(record.fields),
  );
  return {
    family,
    layers: [
      { records, byId: own },
      { records: besides, byId: others },
    ],
    known: new Set([...own.keys(), ...others.keys()]),
    measuring: new Set(
      fields.flatMap(({ kind, where }) =>
        kind === 'info' || where.frame === undefined ? [] : [where.frame],
      ),
    ),
  };
}

function currentOf(
  { family, layers, measuring }: Layout,
  heard: Heard,
  timeMs: number,
): (Decoded & { readonly timeMs: number }) | undefined {
  const isFresh = ([id, frame]: readonly [number, HeardFrame]): boolean =>
    timeMs - frame.timeMs <= (measuring.has(id) ? frameAgeMaxMs : deadAfterMs);
  const fresh = [...heard].filter(isFresh);
  const newestMs = Math.max(...fresh.filter(([id]) => measuring.has(id)).map(([, frame]) => frame.timeMs));
  if (!Number.isFinite(newestMs)) return undefined;
  // What a value is understood by may be older than what is shown.
  const used = [...heard].filter((entry) => isFresh(entry) || family.context?.includes(entry[0]));
  const frames = new Map(used.map(([id, { data }]) => [id, data]));
  const values: Record<string, Value> = {};
  const names: string[] = [];
  for (const { records, byId } of layers) {
    const heardNames = new Set(fresh.flatMap(([id]) => byId.get(id) ?? []));
    for (const [name, record] of Object.entries(records))
      if (heardNames.has(name) && mergeInto(values, decodeRecord(record, frames))) names.push(name);
  }
  return { record: names.join(' '), kind: 'battery', values, timeMs: newestMs, ...modelOf(values) };
}

/** The first that knows a value has it, in the order of the family's records. Returns whether there was anything at all. */
function mergeInto(values: Record<string, Value>, told: Values): boolean {
  const names = Object.keys(told);
  for (const name of names) values[name] = values[name] ?? told[name] ?? null;
  return names.length > 0;
}

function modelOf({ model, product_name: name, manufacturer }: Values): Pick<Decoded, 'model'> {
  const word = [model, name, manufacturer].find((each) => typeof each === 'string');
  return word === undefined ? {} : { model: word };
}

const hexOf = (data: Uint8Array): string =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
