// Which tests start other programs or a browser. They are the slow ones: `npm run check` leaves them out.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const starters = /\bfrom '(?:node:child_process|playwright-core)'/;
/** The products' own sources decide for themselves what they start. */
const isProduct = (file: string): boolean => /packages\/(agent|bridge|program|protocols)\/src\//.test(file);

/** True if the file, or what it imports outside the products, can start a program. */
export function startsPrograms(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (starters.test(text)) return true;
  return [...text.matchAll(/\bfrom '(\.[^']+)'/g)]
    .map(([, specifier = '']) => join(dirname(file), specifier))
    .some((imported) => !isProduct(imported) && startsPrograms(imported, seen));
}
