// From a payload to the values of a record. A decoder is laid out once for each definition: its fields as steps in a row, so
// that those that are nothing but some bytes and a scale are read without a call for each part of their declaration.

import { type ByteRun, readBytes } from './byte-run.ts';
import type { Computed, RecordDefinition } from './device.ts';
import type { Field, Linear, Value, Values } from './field.ts';
import { bitsOfPart, createShapes } from './shape.ts';
import type { Raw } from './where.ts';

type Decodable<Payload> = Pick<RecordDefinition<Payload>, 'fields' | 'computed'>;

/** Decodes every field of a record that this device has; then what is computed from them. */
export function decodeRecord<Payload>(record: Decodable<Payload>, payload: Payload): Values {
  const { steps, valuesOf, computed } = decoderOf(record);
  // A new one each time: what is put into an old one must be noted for the garbage collector, value by value.
  const told = new Array<Value | undefined>(steps.length);
  let low = 0;
  let high = 0;
  for (let index = 0; index < steps.length; ) {
    const step = steps[index] as Step<Payload>;
    // Only places in bytes say how many there must be.
    if (step.beyond >= 0 && (payload as Uint8Array).length <= step.beyond) {
      index = step.after;
      continue;
    }
    const value = readStep(step, payload);
    if (value !== undefined) {
      told[index] = value;
      low |= step.low;
      high |= step.high;
    }
    index++;
  }
  const values = valuesOf(low, high, told);
  for (let index = 0; index < computed.length; index++) {
    const { field, from } = computed[index] as Computed;
    const value = from(values);
    if (value !== undefined) values[field] = value;
  }
  return values;
}

/** What a field's declaration comes to, flat. */
interface Step<Payload> {
  readonly field: Field<Payload>;
  readonly present: ((payload: Payload) => boolean) | undefined;
  readonly base: ((payload: Payload) => number | undefined) | undefined;
  /** Longer payloads have the field; −1: all. */
  readonly beyond: number;
  /** The next step that a payload may have which is too short for this one: cells end together. */
  after: number;
  /** Its bit among those that are present. */
  readonly low: number;
  readonly high: number;
  readonly bytes: ByteRun | undefined;
  readonly linear: Linear | undefined;
  readonly na: readonly number[];
  /** From here on a raw value is negative. */
  readonly half: number;
  readonly full: number;
}

function stepOf<Payload>(field: Field<Payload>, index: number): Step<Payload> {
  const { present, base, beyond = -1, bytes, signBits } = field.where;
  return {
    ...{ field, base, beyond, bytes, after: index + 1 },
    low: index < bitsOfPart ? 1 << index : 0,
    high: index < bitsOfPart ? 0 : 1 << (index - bitsOfPart),
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
  const from = base === undefined ? 0 : base(payload);
  if (from === undefined) return undefined;
  // Only places in bytes say which bytes they are.
  const raw = readBytes(bytes, payload as Uint8Array, from);
  return raw === undefined ? null : meaningOfWhole(step, raw);
}

function meaningOf<Payload>(step: Step<Payload>, raw: Raw): Value {
  if (raw === undefined) return null;
  return Number.isInteger(raw) ? meaningOfWhole(step, raw as number) : step.field.value(raw);
}

function meaningOfWhole<Payload>({ field, linear, na, half, full }: Step<Payload>, raw: number): Value {
  if (linear === undefined) return field.value(raw);
  for (let index = 0; index < na.length; index++) if (na[index] === raw) return null;
  const signed = raw >= half ? raw - full : raw;
  // The same single division of two integers as `field.value`.
  return linear.isRaw ? signed : (signed * linear.multiplier + linear.added) / linear.divisor;
}

interface Decoder<Payload> {
  readonly steps: readonly Step<Payload>[];
  readonly computed: readonly Computed[];
  readonly valuesOf: ReturnType<typeof createShapes>;
}

// What follows from a definition and from nothing else.
const decoders = new WeakMap<object, Decoder<never>>();

function decoderOf<Payload>(record: Decodable<Payload>): Decoder<Payload> {
  const known = decoders.get(record);
  if (known !== undefined) return known as Decoder<unknown> as Decoder<Payload>;
  const steps = Object.values(record.fields).map(stepOf);
  for (let index = steps.length - 2; index >= 0; index--) {
    const step = steps[index] as Step<Payload>;
    const next = steps[index + 1] as Step<Payload>;
    if (next.beyond >= step.beyond) step.after = next.after;
  }
  const valuesOf = createShapes(Object.keys(record.fields));
  const decoder = { steps, computed: record.computed ?? [], valuesOf };
  decoders.set(record, decoder);
  return decoder;
}
