import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  anyText,
  durationMs,
  knownAt,
  oneOf,
  placesOfKey,
  scalarPaths,
  toEditorSchema,
  toJsonSchema,
  wholeNumber,
  yesOrNo,
} from '../src/index.ts';

const schema = z.strictObject({
  mqtt: z
    .strictObject({
      port: wholeNumber(1, 9).prefault('7').describe('Where.'),
      version: oneOf(['auto', '5']).prefault('auto'),
    })
    .prefault({})
    .describe('The broker.'),
  retain: yesOrNo().prefault('false'),
  sinks: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('a'), url: anyText() }),
      z.strictObject({ type: z.literal('b'), path: z.string() }),
    ]),
  ),
  deadline: durationMs().optional(),
});

const jsonSchema = toJsonSchema(schema);

test('the keys at every place are known, those of all variants together', () => {
  expect(knownAt(jsonSchema, [])).toEqual({ is: 'map', keys: ['mqtt', 'retain', 'sinks', 'deadline'] });
  expect(knownAt(jsonSchema, ['mqtt'])).toEqual({ is: 'map', keys: ['port', 'version'] });
  expect(knownAt(jsonSchema, ['sinks'])?.is).toBe('list');
  expect(knownAt(jsonSchema, ['sinks', 3])).toEqual({ is: 'map', keys: ['type', 'url', 'path'] });
  expect(knownAt(jsonSchema, ['sinks', 0, 'url'])?.is).toBe('scalar');
  expect(knownAt(jsonSchema, ['nothing'])).toBeUndefined();
});

test('a key is found wherever it belongs', () => {
  expect(placesOfKey(jsonSchema, 'port')).toEqual(['mqtt.port']);
  expect(placesOfKey(jsonSchema, 'type')).toEqual(['sinks[].type']);
  expect(placesOfKey(jsonSchema, 'nothing')).toEqual([]);
});

test('scalars outside lists are those that can be overridden', () => {
  expect(scalarPaths(jsonSchema)).toEqual([['mqtt', 'port'], ['mqtt', 'version'], ['retain'], ['deadline']]);
});

test('an editor sees types, typed defaults, descriptions, and that any scalar may be a reference', () => {
  const reference = { $ref: '#/definitions/reference' };
  expect(toEditorSchema(jsonSchema)).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    required: ['sinks'],
    properties: {
      mqtt: {
        description: 'The broker.',
        properties: {
          port: {
            description: 'Where.',
            default: 7,
            anyOf: [{ type: 'integer', minimum: 1, maximum: 9 }, reference],
          },
          version: { default: 'auto', anyOf: [{ enum: ['auto', '5', 5] }, reference] },
        },
      },
      retain: { default: false, anyOf: [{ type: 'boolean' }, reference] },
      sinks: { items: { oneOf: [{ properties: { type: { const: 'a' } } }, { required: ['type', 'path'] }] } },
      deadline: { anyOf: [{ type: 'string', pattern: '^([0-9]{1,6}[smhdy])$' }, reference] },
    },
    definitions: { reference: { type: 'string' } },
  });
});
