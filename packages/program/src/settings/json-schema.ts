// The JSON Schema of a configuration: for editors, and for us to know which keys there are.

import { z } from 'zod';
import type { Path } from './tree.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a person may write, with defaults and descriptions. Editors read it through the comment in a file's first line. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Defaults are declared as the text that a person would write; editors want the type.
      const { default: text, type } = jsonSchema;
      if (typeof text !== 'string') return;
      if (type === 'integer') jsonSchema.default = Number(text);
      if (type === 'boolean') jsonSchema.default = text === 'true';
    },
  });
}

/** What is known at one place of a configuration. */
export interface KnownKeys {
  readonly is: 'map' | 'list' | 'scalar';
  readonly keys: readonly string[];
}

/** `undefined`: the path leads nowhere. */
export function knownAt(schema: JsonSchema, path: Path): KnownKeys | undefined {
  let places: readonly JsonSchema[] = variants(schema);
  for (const step of path) {
    places = places.flatMap((place) =>
      variants(typeof step === 'number' ? place.items : place.properties?.[step]),
    );
    if (places.length === 0) return undefined;
  }
  const is = places.some(({ type }) => type === 'object') ? 'map' : undefined;
  return {
    is: is ?? (places.some(({ type }) => type === 'array') ? 'list' : 'scalar'),
    keys: [...new Set(places.flatMap((place) => Object.keys(place.properties ?? {})))],
  };
}

/** Where else a key is known, as a path in words: `mqtt.host`. */
export function placesOfKey(schema: JsonSchema, key: string, prefix = ''): readonly string[] {
  return variants(schema).flatMap((place) => [
    ...Object.entries(place.properties ?? {}).flatMap(([name, child]) => [
      ...(name === key ? [`${prefix}${name}`] : []),
      ...(typeof child === 'object' ? placesOfKey(child, key, `${prefix}${name}.`) : []),
    ]),
    ...(typeof place.items === 'object' && !Array.isArray(place.items)
      ? placesOfKey(place.items, key, `${prefix.slice(0, -1)}[].`)
      : []),
  ]);
}

/** Every scalar key outside lists. */
export function scalarPaths(
  schema: JsonSchema,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = [...path, key];
    const known = knownAt(schema, [key]);
    if (known?.is === 'scalar') return [childPath];
    return known?.is === 'map' && typeof child === 'object' ? scalarPaths(child, childPath) : [];
  });
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function variants(schema: unknown): readonly JsonSchema[] {
  if (!isSchema(schema)) return [];
  const { anyOf, oneOf, ...own } = schema;
  const inner = [...(anyOf ?? []), ...(oneOf ?? [])];
  return inner.length === 0 ? [own] : inner.flatMap(variants);
}
