// VE.Direct text mode: blocks of labels.
//
//   CR LF label TAB value … CR LF "Checksum" TAB byte
//
// All bytes of a block sum to 0 modulo 256; the last byte makes it so and may be any byte. HEX frames, `:` … LF, come
// between blocks or between any two bytes of one and count in no sum. A label that comes twice shows that bytes between two
// blocks were lost: one in 256 of such sums to 0 as well.
// Victron, "VE.Direct Protocol", 3.34; "VE.Direct Protocol FAQ".

import { ProtocolError, type Take } from '../session.ts';

/** Labels and their values as sent, in their order. */
export type Block = ReadonlyMap<string, string>;

/** The vendor promises 22 fields of 42 bytes; HEX frames inside come on top. */
export const blockBytesMax = 4096;
/** The longest known HEX frame has 80 bytes. */
const hexFrameBytesMax = 150;

const colon = 0x3a;
const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const checksumLabel = 'Checksum';

/** A HEX frame in front of a block is foreign: taken, without an answer. */
export const takeBlock: Take<Block> = (received) => {
  if (received[0] === colon) {
    const end = hexFrameEnd(received, 0);
    return end === undefined ? undefined : { used: end };
  }
  const block = new Map<string, string>();
  let sum = 0;
  let twice: string | undefined;
  let state: 'idle' | 'label' | 'value' = 'idle';
  let label = '';
  let value = '';
  for (let at = 0; at < received.length; at++) {
    if (at >= blockBytesMax)
      throw new ProtocolError('corrupt', `no end of a VE.Direct block within ${blockBytesMax} bytes`, at);
    const byte = received[at] as number;
    if (byte === colon) {
      const end = hexFrameEnd(received, at);
      if (end === undefined) return undefined;
      at = end - 1;
      continue;
    }
    sum += byte;
    if (state === 'value' && byte !== lineFeed) {
      if (byte !== carriageReturn) value += String.fromCharCode(byte);
    } else if (byte === lineFeed) {
      if (state === 'value') {
        if (block.has(label)) twice = label;
        block.set(label, value);
      }
      state = 'label';
      label = '';
      value = '';
    } else if (state === 'label' && byte === tab) {
      if (label === checksumLabel) return judged({ block, sum, twice }, received, at + 1);
      state = 'value';
    } else if (state === 'label' && byte !== carriageReturn) {
      label += String.fromCharCode(byte);
    }
  }
  return undefined;
};

interface Summed {
  readonly block: Block;
  readonly sum: number;
  /** A label that came more than once. */
  readonly twice: string | undefined;
}

function judged(
  { block, sum, twice }: Summed,
  received: Uint8Array,
  checksumAt: number,
): ReturnType<Take<Block>> {
  if (checksumAt >= received.length) return undefined;
  const rest = (sum + (received[checksumAt] as number)) % 256;
  const used = checksumAt + 1;
  if (rest === 0 && twice === undefined) return { used, answer: block };
  if (rest === 0) {
    const lost = `a VE.Direct block of ${used} bytes has a label twice, bytes between two were lost: ${labelsShown(block)}`;
    throw new ProtocolError('corrupt', lost, used);
  }
  const message = `a VE.Direct block of ${used} bytes sums to ${rest}, not 0: ${labelsShown(block)}`;
  throw new ProtocolError('corrupt', message, used);
}

/** The labels for a text to a person; a damaged block may have anything for labels. */
export function labelsShown(block: Block): string {
  const labels = [...block.keys()].filter((label) => /^[\w#]+$/.test(label));
  return labels.slice(0, labelsShownMax).join(' ');
}

const labelsShownMax = 30;

/** Behind the frame's last byte: line feed, the first byte that is no hex digit, or the bound. `undefined`: not here yet. */
function hexFrameEnd(received: Uint8Array, start: number): number | undefined {
  const bound = start + hexFrameBytesMax;
  for (let at = start + 1; at < received.length; at++)
    if (at + 1 === bound || !isHexDigit(received[at] as number)) return at + 1;
  return undefined;
}

const isHexDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** The block as a device sends it, with its checksum. */
export function formatBlock(labels: Iterable<readonly [label: string, value: string]>): Uint8Array {
  let text = '';
  for (const [label, value] of labels) text += `\r\n${label}\t${value}`;
  const bytes = Uint8Array.from(`${text}\r\n${checksumLabel}\t\0`, (character) => character.charCodeAt(0));
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes[bytes.length - 1] = -sum;
  return bytes;
}
