import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nothing } from '../../../simulator/src/powercut/subject.ts';
import { cutTrace, layOutAll, recordTrace } from '../../../simulator/src/powercut/trace.ts';
import { hasPrograms } from '../../../simulator/src/services/needs.ts';
import { omissions, storeSubject } from './subject.ts';

const groups = 30;
/** Of some thousand: enough to catch every wrong writer. */
const options = { cutsMax: 150, seed: 1 };
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wattline-cut-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(!hasPrograms({ strace: 'strace' }, process.env))(
  'the power goes while the store is in use',
  () => {
    test('nothing stored is lost, halved or doubled, and tiers and sinks go on where they were', async () => {
      const trace = recordTrace(storeSubject, nothing, groups, join(scratch, 'right'));
      // The recording is whole when everything kept gives the files that were left.
      layOutAll(trace, `${trace.root}-all`);
      const file = join('store', 'bridge.db');
      expect(readFileSync(join(`${trace.root}-all`, file))).toEqual(readFileSync(join(trace.root, file)));
      expect(trace.operations.filter(({ is }) => is === 'sync').length).toBeGreaterThan(groups);
      expect(await cutTrace(storeSubject, trace, options)).toMatchObject({
        fault: '',
        cuts: options.cutsMax,
      });
    }, 120_000);

    test.each(omissions)(
      'a store without %s is caught',
      async (omission) => {
        const trace = recordTrace(
          storeSubject,
          omission,
          groups,
          join(scratch, omission.replaceAll(' ', '-')),
        );
        expect((await cutTrace(storeSubject, trace, options)).fault).not.toBe('');
      },
      120_000,
    );
  },
);
