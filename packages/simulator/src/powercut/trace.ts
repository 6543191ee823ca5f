// Power cuts without a machine: a writer runs under strace, and then directories are laid out as a cut could leave them.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { layOut, type Outcome, outcomes, safeFrom, seededRandom } from './cut.ts';
import { type Operation, readOperations, tracedCalls } from './operations.ts';
import { judgeCut, type Subject } from './subject.ts';

export interface Trace {
  readonly operations: readonly Operation[];
  /** What the writer left. */
  readonly root: string;
}

/** Runs the writer in the folder `root`, which is made. @throws Error when it failed */
export function recordTrace({ writer }: Subject, omission: string, groups: number, root: string): Trace {
  const log = `${root}.strace`;
  mkdirSync(root);
  const { status, stdout, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '-y', '-xx', '-s', '100000000', '-e', 'signal=none', '-e', `trace=${tracedCalls}`, '-o', log],
      // Writes through io_uring are not seen.
      ...['env', 'UV_USE_IO_URING=0', process.execPath, writer, omission, root, String(groups)],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0 || !stdout.endsWith('done\n')) throw new Error(`the writer failed: ${stderr}`);
  return { operations: readOperations(readFileSync(log, 'latin1'), root), root };
}

/** Where the power goes: before each sync is done in every way, and after every other step in one. */
function cutsOf(
  operations: readonly Operation[],
  cutsMax: number,
  seed: number,
): readonly (readonly [number, Outcome])[] {
  const random = seededRandom(seed);
  const cuts = operations.flatMap(({ is }, index): (readonly [number, Outcome])[] => {
    if (is === 'word') return [[index + 1, 'nothing']];
    if (is === 'sync')
      return [...outcomes, 'some' as const, 'torn' as const].map((outcome) => [index, outcome]);
    return [[index + 1, outcomes[1 + Math.floor(random() * 4)] ?? 'everything']];
  });
  while (cuts.length > cutsMax) cuts.splice(Math.floor(random() * cuts.length), 1);
  return cuts;
}

export interface CutOptions {
  readonly cutsMax: number;
  readonly seed: number;
}

export interface CutResult {
  /** Up to the first that does harm. */
  readonly cuts: number;
  /** What is wrong after that one; "" when none does. */
  readonly fault: string;
}

export async function cutTrace(subject: Subject, trace: Trace, options: CutOptions): Promise<CutResult> {
  const { operations, root } = trace;
  const { cutsMax, seed } = options;
  const safe = safeFrom(operations);
  const directory = `${root}-after`;
  let cuts = 0;
  for (const [at, outcome] of cutsOf(operations, cutsMax, seed)) {
    layOut(operations, safe, at, outcome, seededRandom(seed + at * 131 + cuts), root, directory);
    cuts++;
    const fault = await judgeCut(subject, directory, wordsIn(operations.slice(0, at)));
    if (fault !== '')
      return { cuts, fault: `${fault} (cut before step ${at}, kept ${outcome}, seed ${seed})` };
  }
  return { cuts, fault: '' };
}

/** Lays out what is left when nothing is cut. */
export function layOutAll({ operations, root }: Trace, directory: string): void {
  layOut(operations, safeFrom(operations), operations.length, 'everything', Math.random, root, directory);
}

const wordsIn = (operations: readonly Operation[]): string[] =>
  operations.flatMap((operation) => (operation.is === 'word' ? [operation.text] : []));
