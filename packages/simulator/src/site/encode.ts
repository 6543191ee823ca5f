// The way back: values to the bytes that a device would send, at the places and with the codes of its own definition.

import { createCipheriv } from 'node:crypto';
import { type Field, type Fields, formatBlock, type Value, type Values } from '@wattline/protocols';

/** A payload with the values at their places; what is left out or null is sent as the field's "not available". */
export function encodePayload(fields: Fields<never>, values: Values): Uint8Array {
  const places = Object.entries(fields).flatMap(([name, field]) => {
    const { span } = field.where;
    return span === undefined ? [] : [{ name, field, span }];
  });
  const bits = Math.max(...places.map(({ span }) => span.from + span.width));
  const payload = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  for (const { name, field, span } of places) {
    const raw = rawOf(field, values[name] ?? null);
    if (raw !== undefined) writeBits(payload, span.from, span.width, raw);
  }
  return payload;
}

/** The raw value of a value; `undefined`: the field cannot say that the device does not know. */
export function rawOf(field: Field<never>, value: Value): number | undefined {
  if (value === null) return field.na[0];
  if (typeof value === 'number') return rawOfNumber(field, value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const codes = Object.entries(field.codes ?? {});
  if (typeof value === 'string') {
    const code = codes.find(([, word]) => word === value)?.[0];
    if (code === undefined) throw new Error(`${value} is no word of this field`);
    return Number(code);
  }
  return codes.filter(([, name]) => value.includes(name)).reduce((mask, [bit]) => mask + 2 ** Number(bit), 0);
}

/** A number's raw is a straight line: two of its points give scale and offset, however they were declared. */
function rawOfNumber(field: Field<never>, value: number): number {
  const [near, far] = [10, 20];
  const [first, second] = [Number(field.value(near)), Number(field.value(far))];
  const raw = Math.round(near + ((value - first) * (far - near)) / (second - first));
  const { signBits, span } = field.where;
  if (raw >= 0 || span === undefined) return raw;
  return signBits === undefined ? 0 : raw + 2 ** signBits;
}

function writeBits(payload: Uint8Array, from: number, width: number, raw: number): void {
  let rest = raw;
  for (let bit = from; bit < from + width; bit++, rest = Math.floor(rest / 2)) {
    const mask = 1 << (bit & 7);
    const byte = payload[bit >> 3] ?? 0;
    payload[bit >> 3] = rest % 2 === 1 ? byte | mask : byte & ~mask;
  }
}

/** The blocks of one round of VE.Direct text: a main block, and a history block when there are H labels. */
export function encodeTextBlocks(fields: Fields<never>, values: Values): Uint8Array[] {
  const labels = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const where = fields[name]?.where;
    const label = where?.labels?.[0];
    const field = fields[name];
    return label === undefined || field === undefined ? [] : [[label, textOf(field, value)]];
  });
  const isHistory = ([label]: readonly [string, string]) => /^H\d/.test(label);
  const blocks = [labels.filter((entry) => !isHistory(entry)), labels.filter(isHistory)];
  return blocks.filter((block) => block.length > 0).map(formatBlock);
}

function textOf(field: Field<never>, value: Value): string {
  if (field.kind === 'info') return String(value);
  const raw = rawOf(field, value);
  if (raw === undefined) return '---';
  const { text } = field.where;
  if (text.endsWith('(ON or OFF)')) return raw === 0 ? 'OFF' : 'ON';
  return text.endsWith('(hex)') ? `0x${raw.toString(16).toUpperCase().padStart(8, '0')}` : String(raw);
}

/** Manufacturer data of an Instant Readout, after the company id (Victron, "Extra Manufacturer Data"). */
export function encodeInstantReadout(
  productId: number,
  recordType: number,
  nonce: number,
  key: Uint8Array,
  payload: Uint8Array,
): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt16LE(nonce & 0xffff);
  const header = Buffer.from([0x10, 0x02, 0, 0, recordType, 0, 0, key[0] ?? 0]);
  header.writeUInt16LE(productId, 2);
  header.writeUInt16LE(nonce & 0xffff, 5);
  return Buffer.concat([header, createCipheriv('aes-128-ctr', key, counter).update(payload)]);
}
