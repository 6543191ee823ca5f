// The JSON Schema of a configuration: for editors, and for us to know which keys there are.

import * as z from 'zod';
import type { Path } from './tree.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Draft 7: what every editor's YAML support reads. */
export const toJsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });

/** `${NAME}` or `secret:name`, which any scalar may be. */
const reference: JsonSchema = {
  description: 'A variable of the environment, or secret:name from secrets.yml.',
  type: 'string',
  pattern: '^(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}|secret:[A-Za-z0-9_.-]+)$',
};

/**
 * What a person may write, for editors: any scalar may be a reference instead, and defaults, declared as the text that
 * a person would write, have the type that the editor expects.
 */
export const toEditorSchema = (schema: JsonSchema): JsonSchema => ({
  ...withReferences(schema),
  definitions: { reference },
});

function withReferences(schema: JsonSchema): JsonSchema {
  const { properties, items, oneOf, default: text, description, ...rules } = schema;
  const isNarrow =
    ['integer', 'boolean'].includes(String(rules.type)) || 'pattern' in rules || 'enum' in rules;
  return {
    ...(description === undefined ? {} : { description }),
    ...(isNarrow ? { anyOf: [rules, { $ref: '#/definitions/reference' }] } : rules),
    ...(properties === undefined ? {} : { properties: mapValues(properties) }),
    ...(isSchema(items) ? { items: withReferences(items) } : {}),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.filter(isSchema).map(withReferences) }),
    ...(text === undefined || text === null ? {} : { default: typed(text, rules.type) }),
  };
}

const mapValues = (properties: { readonly [key: string]: unknown }): { [key: string]: JsonSchema } =>
  Object.fromEntries(
    Object.entries(properties).map(([key, child]) => [key, isSchema(child) ? withReferences(child) : {}]),
  );

function typed<Text>(text: Text, type: unknown): Text | number | boolean {
  if (type === 'integer') return Number(text);
  return type === 'boolean' ? text === 'true' : text;
}

/** What is known at one place of a configuration. */
interface KnownKeys {
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
  const places = variants(schema).flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).flatMap(([name, child]) => [
      ...(name === key ? [`${prefix}${name}`] : []),
      ...(isSchema(child) ? placesOfKey(child, key, `${prefix}${name}.`) : []),
    ]),
    ...(isSchema(items) ? placesOfKey(items, key, `${prefix.slice(0, -1)}[].`) : []),
  ]);
  return [...new Set(places)];
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
