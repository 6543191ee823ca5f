// Files that a person wrote, as text. Bytes of another encoding would become other names and other passwords unnoticed.

import { isUtf8 } from 'node:buffer';
import { ConfigurationError } from './problem.ts';

/** @throws ConfigurationError naming the first line that is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  const text = Buffer.from(bytes).toString('utf8');
  if (isUtf8(bytes)) return text;
  const lines = text.split('\n');
  const line = lines.findIndex((each) => each.includes('\ufffd')) + 1;
  const place = { file, line, column: (lines[line - 1] ?? '').indexOf('\ufffd') + 1 };
  throw new ConfigurationError([
    { place, path: '', text: 'not UTF-8: save the file in this encoding, or write this letter anew' },
  ]);
}
