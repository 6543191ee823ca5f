// Objects of the same names, made at once. An object that grows name by name becomes a table of hashes after a dozen of them
// and costs more than decoding what is put into it; a literal of the same names is made whole. A record has as many shapes as
// there are sets of fields that a device sends: each gets its literal when it has come often enough.

import type { Value } from './field.ts';

/** The names told so far, by which one came last. */
interface Shape {
  readonly name: string;
  /** The shape that came after this one first, and those that came later. */
  next: Shape | undefined;
  others: Map<string, Shape> | undefined;
  uses: number;
  make: ((told: readonly Value[]) => Record<string, Value>) | undefined;
}

export interface Shapes {
  readonly empty: Shape | undefined;
  /** `undefined`: there are so many shapes already that this one gets none. */
  readonly following: (shape: Shape | undefined, name: string) => Shape | undefined;
  /** The first so many names and what was told of them. */
  readonly valuesOf: (
    shape: Shape | undefined,
    names: readonly string[],
    told: readonly Value[],
    count: number,
  ) => Record<string, Value>;
}

/** A device whose fields come and go in any combination does not fill the memory. */
const shapesMax = 2000;
/** Making a literal costs as much as some hundred objects without: not for a program that reads once. */
const usesBefore = 100;

export function createShapes(): Shapes {
  const create = (name: string): Shape => ({
    name,
    next: undefined,
    others: undefined,
    uses: 0,
    make: undefined,
  });
  let count = 1;
  const add = (shape: Shape, name: string): Shape | undefined => {
    if (count === shapesMax) return undefined;
    count++;
    const added = create(name);
    if (shape.next === undefined) shape.next = added;
    else {
      shape.others ??= new Map();
      shape.others.set(name, added);
    }
    return added;
  };
  return {
    empty: create(''),
    following(shape, name) {
      if (shape === undefined) return undefined;
      const { next } = shape;
      return next !== undefined && next.name === name ? next : (shape.others?.get(name) ?? add(shape, name));
    },
    valuesOf(shape, names, told, count) {
      if (shape?.make !== undefined) return shape.make(told);
      if (shape !== undefined && ++shape.uses === usesBefore) shape.make = literalOf(names.slice(0, count));
      const values: Record<string, Value> = {};
      for (let index = 0; index < count; index++) values[names[index] as string] = told[index] as Value;
      return values;
    },
  };
}

/** `undefined`: this program must not make code, or a name is none of the vocabulary. */
function literalOf(names: readonly string[]): Shape['make'] {
  if (!names.every((name) => /^[a-z][a-z\d_]*$/.test(name))) return undefined;
  const entries = names.map((name, index) => `${name}: told[${index}]`);
  try {
    return new Function('told', `return { ${entries.join(', ')} };`) as Shape['make'];
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
