// The vectors: bytes in, values out, from public captures and the vendor's sheets. test/vectors/<definition id>.json.

import { readdirSync, readFileSync } from 'node:fs';
import type { Values } from '../src/field.ts';

interface Reading {
  readonly record: string;
  readonly values: Values;
}

export interface Vector extends Partial<Reading> {
  readonly name: string;
  /** Where the bytes come from, so that their weight can be judged. */
  readonly source: string;
  /** Hex, as heard or as received. */
  readonly bytes?: string;
  /** Instead, in pieces, where the borders of the chunks were seen. */
  readonly chunks?: readonly string[];
  /** Family that is found, where the definition leaves that open. */
  readonly family?: string;
  /** Instead, of a bus. */
  readonly frames?: readonly { readonly id: number; readonly data: string }[];
  /** Hex: what was sent. */
  readonly request?: string;
  /** Hex: what is left after frame and encryption are taken off, for captures of which only that is public. */
  readonly payload?: string;
  readonly secret?: string;
  /** Product id, where the bytes carry one. */
  readonly product?: string;
  /** For streams that hold more than one reading. */
  readonly readings?: readonly Reading[];
  /** For bytes that give no values: the code of the answer. */
  readonly error?: string;
  /** For streams: whole blocks, and blocks whose checksum does not fit. */
  readonly blocks?: number;
  readonly damaged?: number;
}

const folder = new URL('./vectors/', import.meta.url);

/** Names of the files, without their ending. */
export const vectorFiles: readonly string[] = readdirSync(folder).map((name) => name.replace(/\.json$/, ''));

export const vectorsOf = (id: string): readonly Vector[] =>
  JSON.parse(readFileSync(new URL(`${id}.json`, folder), 'utf8'));

/** The bytes of a vector in one piece; `undefined` for frames of a bus and where there are none. */
export const wholeOf = ({ bytes, chunks }: Vector): string | undefined => bytes ?? chunks?.join('');

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
