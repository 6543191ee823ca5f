// The page for a bridge that runs from its sources: built when there is none yet or a source is newer.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** A folder for each state of the sources; ignored by git. */
const builtPages = join(folder, 'dist');

/** Returns the folder of the built page. */
export async function ensurePage(): Promise<string> {
  const built = join(builtPages, String(Math.trunc(newest(join(folder, 'src')))));
  if (existsSync(built)) return built;
  // Two bridges that start at once build it twice, each in a place of its own, and the first that is ready stays.
  const own = `${built}-${process.pid}`;
  await buildPage(own);
  try {
    renameSync(own, built);
  } catch (error) {
    if (!existsSync(built)) throw error;
    rmSync(own, { recursive: true });
  }
  return built;
}

const newest = (path: string): number =>
  Math.max(
    ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => changedMs(join(path, name))),
  );

const changedMs = (file: string): number => statSync(file).mtimeMs;
