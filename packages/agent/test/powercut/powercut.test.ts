import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../../../simulator/src/services/needs.ts';
import { layOut, type Outcome, outcomes, safeFrom, seededRandom } from './cut.ts';
import { judge, type Omission, omissions, saidIn } from './history.ts';
import { type Operation, readOperations, tracedCalls } from './operations.ts';

const groups = 70;
const seed = 1;
/** Of about 2500: enough to catch every wrong writer. */
const cutsMax = 1000;
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wattline-cut-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function record(name: string, omission: Omission | 'nothing'): { operations: Operation[]; root: string } {
  const root = join(scratch, name);
  const log = `${root}.strace`;
  mkdirSync(root);
  const { status, stdout, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '-y', '-xx', '-s', '100000000', '-e', 'signal=none', '-e', `trace=${tracedCalls}`, '-o', log],
      ...[process.execPath, join(import.meta.dirname, 'writer.ts'), omission, root, String(groups)],
    ],
    // Writes through io_uring are not seen.
    { encoding: 'utf8', env: { ...process.env, UV_USE_IO_URING: '0' } },
  );
  if (status !== 0 || !stdout.endsWith('done\n')) throw new Error(`the writer failed: ${stderr}`);
  return { operations: readOperations(readFileSync(log, 'latin1'), root), root };
}

/** Where the power goes: before each sync is done in every way, and after every other step in one. */
function cutsOf(operations: readonly Operation[]): (readonly [number, Outcome])[] {
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

/** What is wrong after the first cut that does harm; "" when none does. */
async function firstFault(operations: readonly Operation[], root: string): Promise<string> {
  const safe = safeFrom(operations);
  for (const [index, [at, outcome]] of cutsOf(operations).entries()) {
    const directory = `${root}-after`;
    layOut(operations, safe, at, outcome, seededRandom(seed + at * 131 + index), root, directory);
    const fault = await judge(directory, saidIn(operations.slice(0, at)));
    if (fault !== '') return `${fault} (cut before step ${at}, kept ${outcome}, seed ${seed})`;
  }
  return '';
}

const filesIn = (directory: string): Map<string, Buffer> =>
  new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );

describe.skipIf(!hasPrograms({ strace: 'strace' }, process.env))(
  'the power goes while the outbox is in use',
  () => {
    test('nothing accepted is lost and nothing is invented, whatever of the unsynced writes is lost or torn', async () => {
      const { operations, root } = record('right', 'nothing');
      // The recording is whole when everything kept gives the files that were left.
      layOut(
        operations,
        safeFrom(operations),
        operations.length,
        'everything',
        Math.random,
        root,
        `${root}-all`,
      );
      expect(filesIn(`${root}-all`)).toEqual(filesIn(root));
      expect(operations.filter(({ is }) => is === 'sync').length).toBeGreaterThan(groups);
      expect(await firstFault(operations, root)).toBe('');
    }, 120_000);

    test.each(omissions)(
      'an outbox without %s is caught',
      async (omission) => {
        const { operations, root } = record(omission.replace(' ', '-'), omission);
        expect(await firstFault(operations, root)).not.toBe('');
      },
      120_000,
    );
  },
);
