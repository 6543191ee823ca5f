// What lies beside the program: built into its folder, or in the sources.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

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
