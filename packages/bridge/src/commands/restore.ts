// `restore FILE`: a backup becomes the store, while the bridge does not run.

import { existsSync } from 'node:fs';
import { type ExitCode, exitCodes, type Terminal, UsageError } from '@wattline/program';
import { describeContents } from '../keeping/examine.ts';
import { type Restored, restoreStore } from '../keeping/restore.ts';
import type { Surround } from '../surround.ts';

export function restore({ configuration, terminal, log }: Surround, backup: string): ExitCode {
  if (!existsSync(backup)) throw new UsageError(`there is no file ${backup}`);
  let restored: Restored;
  try {
    restored = restoreStore(configuration.store.path, backup, Date.now());
  } catch (error) {
    log.error(`${(error as Error).message} The store stays as it was.`);
    return exitCodes.unexpected;
  }
  terminal.printLine(`${configuration.store.path}: ${describeContents(restored.contents)}`);
  describeBefore(restored, terminal);
  return exitCodes.done;
}

function describeBefore({ contents, before }: Restored, terminal: Terminal): void {
  if (before === undefined) return;
  const { file, contents: old } = before;
  if (old === undefined) {
    terminal.printLine(`the store that was here is damaged, or of a newer program; it is kept as ${file}`);
    return;
  }
  terminal.printLine(`the store that was here is kept as ${file}: ${describeContents(old)}`);
  const later = old.stored - contents.stored;
  if (later <= 0) return;
  terminal.printLine(
    `${later} readings were stored after the backup: they are in that file and in the sinks that had them, not in ` +
      'the store, and are counted as missing. `restore` of that file takes this back.',
  );
}
