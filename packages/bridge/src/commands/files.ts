// Files that commands need: the store, and what lies beside the program, built into its folder or in the sources.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '@wattline/program';
import type { StoreConfiguration } from '../config/configuration.ts';
import { refuseForeign } from '../keeping/examine.ts';
import { storeFile } from '../store.ts';

/** The file of the store. @throws UsageError when there is none yet, OperationError when it is not for this program */
export function existingStore({ path }: StoreConfiguration): string {
  const file = storeFile(path);
  if (existsSync(file)) {
    refuseForeign(file);
    return file;
  }
  throw new UsageError(`there is no store at ${path}: has this bridge run yet?`);
}

/** The thread that answers questions to history. */
export function workerBeside(mainFile: string): URL {
  const built = join(dirname(mainFile), 'worker.js');
  return pathToFileURL(existsSync(built) ? built : join(dirname(mainFile), 'queries/worker.ts'));
}

/** Folder of the built page; from the sources it is built when it is not there or old. */
export async function pageBeside(mainFile: string): Promise<string> {
  const built = join(dirname(mainFile), 'page');
  if (existsSync(join(built, 'index.html'))) return built;
  // Not a literal: what builds the page is no part of the program.
  const ensure = pathToFileURL(join(dirname(mainFile), '../page/ensure.ts')).href;
  const { ensurePage } = await import(ensure);
  return ensurePage();
}
