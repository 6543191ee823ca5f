// Where a value stands in a block of VE.Direct text, and how its text is read. `---` says that the device does not know.
// Victron, "VE.Direct Protocol", 3.34, section Field description.

import type { Block } from '../../framing/vedirect-text.ts';
import type { Raw, Where } from '../../where.ts';

function labelled<Read extends Raw>(
  label: string,
  form: string,
  read: (text: string) => Read | undefined,
  format: (raw: number) => string = String,
): Where<Block, Read | undefined> {
  return {
    text: `${label} (${form})`,
    labels: [label],
    format,
    read: (block) => {
      const text = block.get(label);
      return text === undefined ? undefined : read(text);
    },
    present: (block) => block.has(label),
  };
}

// 32-bit values at most: a longer number is none of the protocol.
const signed = /^-?\d{1,10}$/;
const unsigned = /^\d{1,10}$/;
const prefixed = /^0x[0-9a-f]{1,8}$/i;

export const decimal = (label: string) =>
  labelled(label, 'decimal', (text) => (signed.test(text) ? Number(text) : undefined));

/** A code or a mask. */
export const code = (label: string) =>
  labelled(label, 'code', (text) => (unsigned.test(text) ? Number(text) : undefined));

export const hexadecimal = (label: string) =>
  labelled(
    label,
    'hex',
    (text) => (prefixed.test(text) ? Number(text) : undefined),
    (raw) => `0x${raw.toString(16).toUpperCase().padStart(8, '0')}`,
  );

/** Old BMV-600 write `On` and `Off`. */
export const onOff = (label: string) =>
  labelled(
    label,
    'ON or OFF',
    (text) => {
      const word = text.toUpperCase();
      return word === 'ON' ? 1 : word === 'OFF' ? 0 : undefined;
    },
    (raw) => (raw === 0 ? 'OFF' : 'ON'),
  );

export const words = (label: string) =>
  labelled(label, 'text', (text) => (text === '---' ? undefined : text));

/** `0xA042`; the digits may lack leading zeros, as in `0x203`. */
export const productCode = labelled('PID', 'hex', (text) =>
  prefixed.test(text) ? `0x${text.slice(2).toUpperCase().padStart(4, '0')}` : undefined,
);

/** `0408` and `156` are 4.08 and 1.56; a letter first marks a release candidate. */
function firmwareOf(text: string): string {
  const [, candidate, major, minor] = /^([A-Z]?)0?(\d{1,2})(\d\d)$/.exec(text) ?? [];
  if (major === undefined) return text;
  return candidate === '' ? `${major}.${minor}` : `${major}.${minor} rc ${candidate}`;
}

/** `0342FF` and `112FF` are the releases 3.42 and 1.12; another last byte is the number of a beta. */
function extendedFirmwareOf(text: string): string {
  const [, major, minor, beta] = /^0?(\d{1,2})(\d\d)([0-9A-F]{2})$/i.exec(text) ?? [];
  if (major === undefined || beta === undefined) return text;
  return beta.toUpperCase() === 'FF' ? `${major}.${minor}` : `${major}.${minor}-beta-${beta}`;
}

/** Short or extended, whichever the product sends. */
export const firmware: Where<Block, string | undefined> = {
  text: 'FW or FWE (text)',
  labels: ['FW', 'FWE'],
  read: (block) => {
    const short = block.get('FW');
    const extended = block.get('FWE');
    if (short !== undefined) return firmwareOf(short);
    return extended === undefined ? undefined : extendedFirmwareOf(extended);
  },
  present: (block) => block.has('FW') || block.has('FWE'),
};
