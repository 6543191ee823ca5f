// Sizes of files and disks, in powers of a thousand as disks are sold.

import type { Words } from '../words/words.ts';
import { inline, type Shown } from './value.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function showSize({ number }: Words, bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const shown: Shown = {
    text: number(bytes / 1000 ** power, { least: 0, most: 1 }),
    unit: units[power] ?? '',
  };
  return inline(shown);
}
