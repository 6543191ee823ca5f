// 0x370 and 0x371: Pylontech and SEPLOS send the extremes of the cells in them, Victron style a name. Text in 0x370 tells.
// Deye has limits of currents in 0x371: its batteries are known by what they call themselves, DY and digits.

import { type Field, gauge, info } from '../../field.ts';
import { asciiIn, type Frames, inFrame, isText } from '../../frames.ts';
import { i16le, only, type Raw, u16le, type Where } from '../../where.ts';
import type { FrameRecord } from './shared-frames.ts';
import { notAvailable as na } from './shared-frames.ts';

const isName = (frames: Frames): boolean => isText(frames.get(0x370) ?? frames.get(0x371));

const isDeye = (frames: Frames): boolean => {
  const [first, second] = frames.get(0x35e) ?? [];
  return first === 0x44 && second === 0x59;
};

const asNumbers = <Read extends Raw>(where: Where<Frames, Read>) =>
  only(where, (frames) => frames.has(where.frame ?? 0) && !isName(frames), '0x370 is no text');
const name: Field<Frames> = info(only(asciiIn(0x370, 0x371), isName, '0x370 is text'));

const temperature = (offset: number) =>
  gauge(asNumbers(inFrame(0x370, i16le(offset))), { unit: '°C', scale: 0.1, na: na.signed });
const cell = (offset: number) =>
  gauge(asNumbers(inFrame(0x370, u16le(offset))), { unit: 'V', scale: 0.001, na: na.unsigned });
const hasPositions = (frames: Frames): boolean => frames.has(0x371) && !isName(frames) && !isDeye(frames);
const position = (offset: number) =>
  info(only(inFrame(0x371, u16le(offset)), hasPositions, '0x370 is no text and the maker not Deye'), {
    na: na.unsigned,
  });

/** @param about in the family's words: what it is there first of all */
export const extremes = (about: string): FrameRecord => ({
  kind: 'battery',
  about,
  fields: {
    cell_temperature_max: temperature(0),
    cell_temperature_min: temperature(2),
    cell_voltage_max: cell(4),
    cell_voltage_min: cell(6),
    product_name: name,
  },
});

export const positions = (about: string): FrameRecord => ({
  kind: 'battery',
  about,
  fields: {
    cell_temperature_max_position: position(0),
    cell_temperature_min_position: position(2),
    cell_voltage_max_position: position(4),
    cell_voltage_min_position: position(6),
    product_name: name,
  },
});
