// Every cut of traced writes: the long form of the tests, with more groups and none left out.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outboxSubject } from '../../../packages/agent/test/powercut/history.ts';
import { storeSubject } from '../../../packages/bridge/test/powercut/subject.ts';
import { nothing, type Subject } from '../../../packages/simulator/src/powercut/subject.ts';
import { cutTrace, recordTrace } from '../../../packages/simulator/src/powercut/trace.ts';

export interface CutReport {
  readonly subject: string;
  readonly omission: string;
  readonly cuts: number;
  readonly fault: string;
  /** A right writer came to no harm, or a wrong one was caught. */
  readonly isRight: boolean;
}

export const subjects: readonly Subject[] = [outboxSubject, storeSubject];
const groups = 60;

export async function* cutTraces(seed: number): AsyncGenerator<CutReport> {
  // In memory, where that is: every judgement syncs many times.
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wattline-cut-'));
  try {
    for (const subject of subjects)
      for (const omission of [nothing, ...subject.omissions]) {
        const root = join(scratch, `${subject.name} ${omission}`.replaceAll(' ', '-'));
        const trace = recordTrace(subject, omission, groups, root);
        // Of a wrong writer, one harm is enough.
        const options = { cutsMax: Number.POSITIVE_INFINITY, seed };
        const { cuts, fault } = await cutTrace(subject, trace, options);
        const isRight = (fault === '') === (omission === nothing);
        yield { subject: subject.name, omission, cuts, fault, isRight };
        rmSync(root, { recursive: true, force: true });
      }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
