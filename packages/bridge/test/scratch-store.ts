// A store with the tables that a test needs, for one test.

import { onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { openStore, type SchemaPart, type Store } from '../src/store.ts';

export function scratchStore(...parts: readonly SchemaPart[]): Store {
  const store = openStore({ path: scratchFolder(), parts });
  onTestFinished(() => store.close());
  return store;
}
