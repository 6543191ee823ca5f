// From a payload to the values of a record. A decoder is laid out once for each definition: its fields as steps in a row, so
// that those that are nothing but some bytes and a scale are read without a call for each part of their declaration.

import { type ByteRun, readBytes } from './byte-run.ts';
import type { Computed, RecordDefinition } from './device.ts';
import type { Field, Linear, Value, Values } from './field.ts';
import { createShapes, type Shapes } from './shape.ts';
import type { Raw } from './where.ts';

type Decodable<Payload> = Pick<RecordDefinition<Payload>, 'fields' | 'computed'>;

/** Decodes every field of a record that this device has; then what is computed from them. */
export function decodeRecord<Payload>(record: Decodable<Payload>, payload: Payload): Values {
  const { steps, shapes, names, computed } = decoderOf(record);
  // A new one each time: what is put into an old one must be noted for the garbage collector, value by value.
  const told = new Array<Value>(steps.length);
  let { empty: shape } = shapes;
  let count = 0;
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] as Step<Payload>;
    const value = readStep(step, payload);
    if (value === undefined) continue;
    names[count] = step.name;
    told[count++] = value;
    shape = shapes.following(shape, step.name);
  }
  const values = shapes.valuesOf(shape, names, told, count);
  for (let index = 0; index < computed.length; index++) {
    const { field, from } = computed[index] as Computed;
    const value = from(values);
    if (value !== undefined) values[field] = value;
  }
  return values;
}

/** What a field's declaration comes to, flat. */
interface Step<Payload> {
  readonly name: string;
  readonly field: Field<Payload>;
  readonly present: ((payload: Payload) => boolean) | undefined;
  readonly base: ((payload: Payload) => number | undefined) | undefined;
  /** Longer payloads have the field; −1: all. */
  readonly beyond: number;
  readonly bytes: ByteRun | undefined;
  readonly linear: Linear | undefined;
  readonly na: readonly number[];
  /** From here on a raw value is negative. */
  readonly half: number;
  readonly full: number;
}

function stepOf<Payload>(name: string, field: Field<Payload>): Step<Payload> {
  const { present, base, beyond = -1, bytes, signBits } = field.where;
  return {
    ...{ name, field, base, beyond, bytes },
    // What the others say too is not asked.
    present: base === undefined && beyond < 0 ? present : undefined,
    ...{ linear: field.linear, na: field.na },
    half: signBits === undefined ? Number.POSITIVE_INFINITY : 2 ** (signBits - 1),
    full: signBits === undefined ? 0 : 2 ** signBits,
  };
}

/** `undefined`: this device does not have the field. */
function readStep<Payload>(step: Step<Payload>, payload: Payload): Value | undefined {
  const { present, bytes, base, field } = step;
  if (present !== undefined && !present(payload)) return undefined;
  if (bytes === undefined) return meaningOf(step, field.where.read(payload));
  // Only places in bytes say which bytes they are.
  const all = payload as Uint8Array;
  if (all.length <= step.beyond) return undefined;
  const from = base === undefined ? 0 : base(payload);
  if (from === undefined) return undefined;
  return meaningOf(step, readBytes(bytes, all, from));
}

function meaningOf<Payload>(step: Step<Payload>, raw: Raw): Value {
  if (raw === undefined) return null;
  const { linear, na } = step;
  if (linear === undefined || !Number.isInteger(raw)) return step.field.value(raw);
  const whole = raw as number;
  for (let index = 0; index < na.length; index++) if (na[index] === whole) return null;
  const signed = whole >= step.half ? whole - step.full : whole;
  // The same single division of two integers as `field.value`.
  return linear.isRaw ? signed : (signed * linear.multiplier + linear.added) / linear.divisor;
}

interface Decoder<Payload> {
  readonly steps: readonly Step<Payload>[];
  readonly computed: readonly Computed[];
  readonly shapes: Shapes;
  /** Of the record that is being decoded. */
  readonly names: string[];
}

// What follows from a definition and from nothing else.
const decoders = new WeakMap<object, Decoder<never>>();

function decoderOf<Payload>(record: Decodable<Payload>): Decoder<Payload> {
  const known = decoders.get(record);
  if (known !== undefined) return known as Decoder<unknown> as Decoder<Payload>;
  const steps = Object.entries(record.fields).map(([name, field]) => stepOf(name, field));
  const decoder = { steps, computed: record.computed ?? [], shapes: createShapes(), names: [] };
  decoders.set(record, decoder);
  return decoder;
}
