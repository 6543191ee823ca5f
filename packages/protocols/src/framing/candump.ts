// Lines of candump, of the can-utils: its log form and its screen form.
//
//   (1700000000.123456) can0 351#1402740E740ECC01
//   can0  351   [8]  14 02 74 0E 74 0E CC 01
//
// An identifier of 8 digits is extended; one with bits above 29 is an error of the interface.

import type { CanFrame } from '../device.ts';
import { dataBytesMax, standardIdMax } from '../frames.ts';

export interface CandumpLine {
  readonly interface: string;
  readonly frame: CanFrame;
  /** ms since 1970, where the line has a time. */
  readonly wallMs?: number;
}

const logLine = /^\((\d+\.\d+)\)\s+(\S+)\s+([\dA-F]{3}|[\dA-F]{8})#((?:[\dA-F]{2})*)(?:\s+[RT])?$/i;
const screenLine =
  /^(?:\((\d+\.\d+)\)\s+)?(\S+)(?:\s+[RT]X\s[-\sBE]*)?\s+([\dA-F]{3}|[\dA-F]{8})\s+\[(\d+)\]\s*((?:[\dA-F]{2}(?:\s+|$))*)/i;

/** `undefined`: no data frame of a battery (a remote request, an error, CAN FD), or no such line. */
export function parseCandump(line: string): CandumpLine | undefined {
  const text = line.trim();
  const log = logLine.exec(text);
  const screen = log === null ? screenLine.exec(text) : null;
  const [, time, name = '', digits = ''] = log ?? screen ?? [];
  const hex = (log?.[4] ?? screen?.[5] ?? '').replace(/\s+/g, '');
  const id = Number.parseInt(digits, 16);
  const length = screen === null ? hex.length / 2 : Number(screen[4]);
  if (name === '' || length > dataBytesMax || hex.length !== 2 * length) return undefined;
  if (id >= 2 ** 29 || (digits.length === 8) !== id > standardIdMax) return undefined;
  const data = Uint8Array.from({ length }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
  const wallMs = time === undefined ? undefined : Math.round(Number(time) * 1000);
  return { interface: name, frame: { id, data }, ...(wallMs === undefined ? {} : { wallMs }) };
}

/** Whether a line tells an error of the interface on its bus: bit 29 of the identifier. */
export const isCandumpError = (line: string): boolean => /^\(\d+\.\d+\)\s+\S+\s+[23][\dA-F]{7}#/i.test(line);

/** A line of the log form: what a simulated interface says. */
export function formatCandump({ interface: name, frame: { id, data }, wallMs = 0 }: CandumpLine): string {
  const digits = id
    .toString(16)
    .toUpperCase()
    .padStart(id > standardIdMax ? 8 : 3, '0');
  const bytes = Array.from(data, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
  return `(${(wallMs / 1000).toFixed(6).padStart(17, '0')}) ${name} ${digits}#${bytes}`;
}
