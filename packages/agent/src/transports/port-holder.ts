// Who holds a device file, as far as this user may see.

import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Of a command line in a message. */
const commandLengthMax = 80;

/** Which process has a file open; `undefined`: none that this user may see. */
export function holderOf(path: string, root = '/'): string | undefined {
  const file = realpathSync(path);
  for (const id of numbersIn(join(root, 'proc'))) {
    const folder = join(root, 'proc', id);
    if (!numbersIn(join(folder, 'fd')).some((fd) => realpathOf(join(folder, 'fd', fd)) === file)) continue;
    const command = readFileSync(join(folder, 'cmdline'), 'utf8').replaceAll('\0', ' ').trim();
    return `"${command.slice(0, commandLengthMax)}" (process ${id})`;
  }
  return undefined;
}

function numbersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    // Another user's process, or one that ended meanwhile.
    return [];
  }
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
