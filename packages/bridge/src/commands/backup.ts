// `backup FILE`: a consistent copy of the store, made beside the running bridge.

import { type ExitCode, exitCodes } from '@wattline/program';
import { backUpStore } from '../keeping/backup.ts';
import { describeContents } from '../keeping/examine.ts';
import type { Surround } from '../surround.ts';
import { existingStore } from './files.ts';

export async function backUp(
  { configuration, terminal, signal, log }: Surround,
  { file: into, replaces }: { readonly file: string; readonly replaces: boolean },
): Promise<ExitCode> {
  const file = existingStore(configuration.store);
  let share = 0;
  const progress = terminal.progress(() => `backup: ${Math.floor(share * 100)} %`);
  try {
    const contents = await backUpStore({
      file,
      into,
      replaces,
      signal,
      onProgress: (done) => {
        share = done;
      },
    });
    terminal.printLine(`${into}: ${describeContents(contents)}`);
    return exitCodes.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    log.error('stopped before the backup was whole; nothing is left of it');
    return exitCodes.unexpected;
  } finally {
    progress.done();
  }
}
