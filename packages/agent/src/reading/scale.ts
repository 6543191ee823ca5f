// Counters of devices that count in another unit than their definition says: makers do not agree, and no frame tells.

import type { Values } from '@wattline/protocols';
import type { Heard, ScaleBy } from './device.ts';

/** Digits that a double holds whatever it went through. */
const digits = 12;

export function toScale(heard: Heard, scale: ScaleBy | undefined): Heard {
  if (scale === undefined) return heard;
  const values: { [field: string]: Values[string] } = { ...heard.decoded.values };
  for (const [field, factor] of Object.entries(scale)) {
    const value = values[field];
    if (typeof value === 'number') values[field] = Number((value * factor).toPrecision(digits));
  }
  return { ...heard, decoded: { ...heard.decoded, values } };
}
