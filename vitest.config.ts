import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { startsPrograms } from './scripts/gate/starts-programs.ts';

const root = import.meta.dirname;
const files = globSync(['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});
const startsSome = (file: string): boolean => startsPrograms(join(root, file));

interface Project {
  readonly name: string;
  readonly include: string[];
  readonly isolate: boolean;
}
// What is waited for comes late on a busy machine, and is no failure then.
const waits = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } };
const project = (test: Project) => ({ test: { ...test, root, ...waits } });

export default defineConfig({
  test: {
    // Tests that start programs wait for them most of the time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Modules hold no state, so that one process runs many files.
      project({ name: 'quick', include: files.filter((file) => !startsSome(file)), isolate: false }),
      project({ name: 'programs', include: files.filter(startsSome), isolate: true }),
    ],
  },
});
