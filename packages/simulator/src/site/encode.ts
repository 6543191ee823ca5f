// The way back: values to the bytes that a device would send, at the places and with the codes of its own definition.

import { createCipheriv } from 'node:crypto';
import { type Field, type Fields, formatBlock, type Value, type Values } from '@wattline/protocols';

/** A payload with the values at their places; what is left out or null is sent as the field's "not available". */
export function encodePayload(fields: Fields<Uint8Array>, values: Values): Uint8Array {
  const ends = Object.values(fields).map(({ where: { span } }) => (span ? span.from + span.width : 0));
  const payload = new Uint8Array(Math.ceil(Math.max(...ends) / 8)).fill(0xff);
  const write = (field: Field<Uint8Array>, value: Value): void => {
    const raw = rawOf(field, value);
    const { write: put, signBits } = field.where;
    if (raw !== undefined) put?.(payload, signBits === undefined ? Math.max(0, raw) : raw);
  };
  const all = Object.entries(fields).map(([name, field]) => ({ field, value: values[name] ?? null }));
  // What is not known first: a place may be shared by fields of which one at a time is there.
  for (const { field, value } of all) if (value === null) write(field, value);
  for (const { field, value } of all) if (value !== null) write(field, value);
  return payload;
}

/** The raw value of a value, with its sign; `undefined`: the field cannot say that the device does not know. */
export function rawOf(field: Field<never>, value: Value): number | undefined {
  const { na, codes = {}, scale = 1, offset = 0 } = field;
  if (value === null) return na[0];
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') {
    if (field.converted) throw new Error(`${field.where.text} is no straight line of its raw value`);
    return Math.round((value - offset) / scale);
  }
  const codeOf = (word: string): number => {
    const found = Object.keys(codes).find((code) => codes[Number(code)] === word);
    const code = found ?? /^unknown_(\d+)$/.exec(word)?.[1];
    if (code === undefined) throw new Error(`${word} is no word of ${field.where.text}`);
    return Number(code);
  };
  if (typeof value === 'string') return codeOf(value);
  return value.reduce((mask, name) => mask + 2 ** codeOf(name), 0);
}

/** The blocks of one round of VE.Direct text: a main block, and a history block when there are H labels. */
export function encodeTextBlocks(fields: Fields<never>, values: Values): Uint8Array[] {
  const labels = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const field = fields[name];
    const label = field?.where.labels?.[0];
    return field === undefined || label === undefined ? [] : [[label, textOf(field, value)]];
  });
  const isHistory = ([label]: readonly [string, string]) => /^H\d/.test(label);
  const blocks = [labels.filter((entry) => !isHistory(entry)), labels.filter(isHistory)];
  return blocks.filter((block) => block.length > 0).map(formatBlock);
}

function textOf(field: Field<never>, value: Value): string {
  if (field.kind === 'info') return String(value);
  const raw = rawOf(field, value);
  return raw === undefined ? '---' : (field.where.format?.(raw) ?? String(raw));
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
