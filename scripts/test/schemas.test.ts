import { expect, test } from 'vitest';
import { generateSchemas } from '../generate/schemas.ts';

interface Described {
  readonly description?: string;
  readonly properties?: { readonly [key: string]: Described };
  readonly items?: Described;
  readonly oneOf?: readonly Described[];
}

/** Paths of keys about which an editor has nothing to say. */
const silent = (schema: Described, path = ''): readonly string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, child]) => [
    ...(child.description?.endsWith('.') || child.description?.endsWith('…') ? [] : [`${path}.${key}`]),
    ...silent(child, `${path}.${key}`),
  ]),
  ...(schema.items === undefined ? [] : silent(schema.items, `${path}[]`)),
  ...(schema.oneOf ?? []).flatMap((variant) => silent(variant, path)),
];

test.each(generateSchemas())('$path says something about every key', ({ content }) => {
  expect(silent(JSON.parse(content))).toEqual([]);
});
