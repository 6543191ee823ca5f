// Columns of a Voltronic answer. Firmware sends fewer or more of them: what an answer does not have, its device has not.

import { type Shape, textOfAnswer } from '../framing/voltronic.ts';
import { ProtocolError } from '../session.ts';
import { type Columns, column, columnDigits, columnText, type Where } from '../where.ts';

/** What was recognised by its columns is decoded next: the line that was cut last is not cut again. */
function cutterOf(separator: string): (line: string) => Columns {
  const between = separator.charCodeAt(0);
  let last = '';
  let columns: Columns = [''];
  return (line) => {
    if (line !== last) {
      columns = cutAt(between, line);
      last = line;
    }
    return columns;
  };
}

/** As `split` does, in half of its time. */
function cutAt(separator: number, line: string): Columns {
  const columns: string[] = [];
  let from = 0;
  for (let index = 0; index < line.length; index++) {
    if (line.charCodeAt(index) !== separator) continue;
    columns.push(line.slice(from, index));
    from = index + 1;
  }
  columns.push(line.slice(from));
  return columns;
}

const cutPi30 = cutterOf(' ');
const cutPi18 = cutterOf(',');

export const pi30Columns = (answer: Uint8Array): Columns => cutPi30(textOfAnswer(answer).trimEnd());
export const pi18Columns = (answer: Uint8Array): Columns => cutPi18(textOfAnswer(answer));

const ifSent = <Read extends string | number | undefined>(
  index: number,
  where: Where<Columns, Read>,
): Where<Columns, Read> => ({ ...where, present: (columns) => columns[index] !== undefined });

/** A decimal number; dashes or nothing: not known. */
export const value = (index: number) => ifSent(index, column(index));
/** Text without blanks around it; dashes or nothing: not known. */
export function text(index: number): Where<Columns, string | undefined> {
  const where = columnText(index);
  const read = (columns: Columns): string | undefined => {
    const visible = where
      .read(columns)
      ?.replace(/[^ -~]/g, '?')
      .trim();
    return visible === undefined || /^[-.]*$/.test(visible) ? undefined : visible;
  };
  return ifSent(index, { ...where, read });
}
/** Binary digits of a column, the first is 0. */
export const bits = (index: number, from: number, width = 1) =>
  ifSent(index, columnDigits(index, from, width, 2));

/** Columns that must not be read, because this firmware has something else there. */
export const without = (columns: Columns, ...indexes: readonly number[]): Columns =>
  columns.map((each, index) => (indexes.includes(index) ? undefined : each));

/** What each column of an answer looks like, as far as it tells the answer from others; dashes always may stand there. */
interface ShapeOfColumns {
  readonly least: number;
  readonly most?: number;
  readonly looks: { readonly [index: number]: RegExp };
}

function shapeOf(cut: (line: string) => Columns) {
  return ({ least, most = Number.POSITIVE_INFINITY, looks }: ShapeOfColumns): Shape => {
    const rules = Object.entries(looks).map(([index, look]) => ({ index: Number(index), look }));
    return (data) => {
      const columns = cut(data.trimEnd());
      if (columns.length < least || columns.length > most) return false;
      for (const { index, look } of rules) {
        const one = columns[index];
        if (one !== undefined && !look.test(one) && !/^[-.]*$/.test(one)) return false;
      }
      return true;
    };
  };
}

export const pi30Shape = shapeOf(cutPi30);
export const pi18Shape = shapeOf(cutPi18);

export const looks = {
  decimal: /^\d+\.\d*$/,
  number: /^[+-]?\d+(\.\d*)?$/,
  code: /^\d$/,
  twoDigits: /^\d\d$/,
  letter: /^[A-Z]$/,
  yesOrNo: /^[01]$/,
  eightBits: /^[01]{8}$/,
  energy: /^\d{8}$/,
  clock: /^20\d{12}$/,
} as const;

/** What an inverter says becomes a part of a request only when it is nothing but digits. */
export function dateOf(clock: string, digits: number): string {
  if (!looks.clock.test(clock)) throw new ProtocolError('corrupt', `the clock of the inverter says ${clock}`);
  return clock.slice(0, digits);
}
