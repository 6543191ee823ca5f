import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nothing } from '../../../simulator/src/powercut/subject.ts';
import { cutTrace, layOutAll, recordTrace } from '../../../simulator/src/powercut/trace.ts';
import { hasPrograms } from '../../../simulator/src/services/needs.ts';
import { omissions, outboxSubject } from './history.ts';

const groups = 70;
/** Of about 2500: enough to catch every wrong writer. */
const options = { cutsMax: 1000, seed: 1 };
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wattline-cut-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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
      const trace = recordTrace(outboxSubject, nothing, groups, join(scratch, 'right'));
      // The recording is whole when everything kept gives the files that were left.
      layOutAll(trace, `${trace.root}-all`);
      expect(filesIn(`${trace.root}-all`)).toEqual(filesIn(trace.root));
      expect(trace.operations.filter(({ is }) => is === 'sync').length).toBeGreaterThan(groups);
      expect((await cutTrace(outboxSubject, trace, options)).fault).toBe('');
    }, 120_000);

    test.each(omissions)(
      'an outbox without %s is caught',
      async (omission) => {
        const trace = recordTrace(outboxSubject, omission, groups, join(scratch, omission.replace(' ', '-')));
        expect((await cutTrace(outboxSubject, trace, options)).fault).not.toBe('');
      },
      120_000,
    );
  },
);
