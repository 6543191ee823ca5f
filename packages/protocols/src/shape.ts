// Objects of the same names, made at once. An object that grows name by name becomes a table of hashes after a dozen of them
// and costs more than decoding what is put into it; a literal of the same names is made whole. A record has as many shapes as
// there are sets of fields that a device sends: each gets its literal when it has come often enough.

import type { Value } from './field.ts';

/** Which names are there: a bit for each, 31 in a number. */
interface Present {
  readonly low: number;
  readonly high: number;
}

/** Values by the place of their names; `undefined` where one is absent. */
type Told = readonly (Value | undefined)[];

interface Shape extends Present {
  uses: number;
  make: ((told: Told) => Record<string, Value>) | undefined;
}

export const bitsOfPart = 31;
/** A record of more names is put together name by name. */
const namesMax = 2 * bitsOfPart;
/** A device whose fields come and go in any combination does not fill the memory. */
const shapesMax = 2000;
/** Making a literal costs as much as some hundred objects without: not for a program that reads once. */
const usesBefore = 100;

/** @returns what makes the object of all names that are present */
export function createShapes(
  names: readonly string[],
): (low: number, high: number, told: Told) => Record<string, Value> {
  const shapes = new Map<number, Map<number, Shape>>();
  let count = 0;
  let last: Shape | undefined;
  /** `undefined`: there are so many shapes already that this one gets none. */
  const shapeOf = (low: number, high: number): Shape | undefined => {
    let ofHigh = shapes.get(high);
    const known = ofHigh?.get(low);
    if (known !== undefined || count === shapesMax || names.length > namesMax) return known;
    if (ofHigh === undefined) {
      ofHigh = new Map();
      shapes.set(high, ofHigh);
    }
    const added: Shape = { low, high, uses: 0, make: undefined };
    ofHigh.set(low, added);
    count++;
    return added;
  };
  return (low, high, told) => {
    if (last === undefined || last.low !== low || last.high !== high) last = shapeOf(low, high);
    if (last?.make !== undefined) return last.make(told);
    if (last !== undefined && ++last.uses === usesBefore) last.make = literalOf(names, told);
    const values: Record<string, Value> = {};
    for (const [index, name] of names.entries()) {
      const value = told[index];
      if (value !== undefined) values[name] = value;
    }
    return values;
  };
}

/** `undefined`: this program must not make code, or a name is none of the vocabulary. */
function literalOf(names: readonly string[], told: Told): Shape['make'] {
  if (!names.every((name) => /^[a-z][a-z\d_]*$/.test(name))) return undefined;
  const entries = names.flatMap((name, index) =>
    told[index] === undefined ? [] : `${name}: told[${index}]`,
  );
  try {
    return new Function('told', `return { ${entries.join(', ')} };`) as Shape['make'];
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
