// The page for a bridge that runs from its sources: built when there is none yet or a source is newer.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage, builtPage } from './build.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Returns the folder of the built page. */
export async function ensurePage(): Promise<string> {
  if (newest(join(folder, 'src')) > changedMs(join(builtPage, 'index.html'))) await buildPage(builtPage);
  return builtPage;
}

const newest = (path: string): number =>
  Math.max(
    ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => changedMs(join(path, name))),
  );

const changedMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
