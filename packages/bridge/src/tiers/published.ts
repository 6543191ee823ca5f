// What a window says of a field, in numbers and words.

import { definitions, replacedPrograms, type Value } from '@wattline/protocols';
import type { Aggregate } from './aggregate.ts';
import { fromUnits, quotient } from './exact.ts';

export interface WindowValue {
  readonly mean?: number;
  readonly min?: number;
  readonly max?: number;
  readonly last?: Exclude<Value, null>;
  readonly increase?: number;
  readonly bits?: readonly string[];
}

/** `definition` and `field` give the order of the names in a union. */
export function publish(aggregate: Aggregate, definition: string | undefined, field: string): WindowValue {
  switch (aggregate.kind) {
    case 'gauge':
      return {
        mean: quotient(aggregate, aggregate.count),
        min: fromUnits(aggregate.min),
        max: fromUnits(aggregate.max),
      };
    case 'counter':
      return { last: fromUnits(aggregate.last), increase: quotient(aggregate, 1) };
    case 'state':
    case 'info':
    case 'flag':
      return { last: aggregate.last };
    case 'flags':
      return { last: aggregate.last, bits: inOrder(aggregate.union, definition, field) };
  }
}

/** In the order of the bits, as in a reading; names that no bit has come last, in alphabetical order. */
function inOrder(names: readonly string[], definition: string | undefined, field: string): readonly string[] {
  if (names.length < 2) return names;
  const order = bitsByField.get(`${definition} ${field}`);
  const rank = (name: string): number => {
    const unknown = /^unknown_(\d+)$/.exec(name);
    return order?.get(name) ?? (unknown ? Number(unknown[1]) : Number.POSITIVE_INFINITY);
  };
  return names.toSorted((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first === second ? (a < b ? -1 : 1) : first - second;
  });
}

/** The lowest bit of each name, by field and definition. */
const bitsByField: ReadonlyMap<string, ReadonlyMap<string, number>> = collectBits();

function collectBits(): Map<string, Map<string, number>> {
  const all = new Map<string, Map<string, number>>();
  for (const { id, records } of [...definitions, replacedPrograms]) {
    for (const [name, { kind, codes }] of Object.values(records).flatMap(({ fields }) =>
      Object.entries(fields),
    )) {
      if (kind !== 'flags') continue;
      const bits = all.get(`${id} ${name}`) ?? new Map<string, number>();
      for (const [bit, word] of Object.entries(codes ?? {})) {
        bits.set(word, Math.min(Number(bit), bits.get(word) ?? Number.POSITIVE_INFINITY));
      }
      all.set(`${id} ${name}`, bits);
    }
  }
  return all;
}
