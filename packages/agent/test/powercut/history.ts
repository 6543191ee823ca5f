// What the cut program writes, and what must be found after the cut.

import { join } from 'node:path';
import type { Subject } from '../../../simulator/src/powercut/subject.ts';
import type { Entry } from '../../src/outbox/entry.ts';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.ts';

export const omissions = ['data syncs', 'directory syncs', 'file syncs'] as const;
export type Omission = (typeof omissions)[number];
export const leavesOut = (text: string): text is Omission => omissions.some((omission) => omission === text);

export const measuredMs = (sequence: number): number => 1_780_000_000_000 + sequence * 1000;

/** The entry of a number, 100 to 1000 bytes. */
export const powercutEntry = (sequence: number): Entry => ({
  stream: 'cut',
  sequence,
  topic: `victron/battery/b${sequence % 3}`,
  payload: `{"_seq":${sequence},"text":"${'x'.repeat(60 + ((sequence * 397) % 900))}"}`,
  timeMs: measuredMs(sequence),
  synced: true,
});

/** The agent's outbox, for the cut. */
export const outboxSubject: Subject = {
  name: 'outbox of the agent',
  writer: join(import.meta.dirname, 'writer.ts'),
  omissions,
  judge,
};

/** What the program had said when the power went. */
interface Said {
  readonly tried: ReadonlySet<number>;
  readonly accepted: ReadonlySet<number>;
  readonly confirming: ReadonlySet<number>;
  readonly announcing: ReadonlySet<number>;
  readonly announced: ReadonlySet<number>;
}

function saidIn(words: readonly string[]): Said {
  const sets = new Map(
    ['try', 'accepted', 'confirming', 'announcing', 'announced'].map((word) => [word, new Set<number>()]),
  );
  for (const text of words) {
    const [word = '', from, to = from] = text.split(' ');
    for (let sequence = Number(from); sequence <= Number(to); sequence += 1) sets.get(word)?.add(sequence);
  }
  const set = (word: string): ReadonlySet<number> => sets.get(word) ?? new Set();
  return {
    tried: set('try'),
    accepted: set('accepted'),
    confirming: set('confirming'),
    announcing: set('announcing'),
    announced: set('announced'),
  };
}

/** Opens what the cut left, with the agent's own code, and goes on with it. "": all is well. */
async function judge(directory: string, words: readonly string[]): Promise<string> {
  const said = saidIn(words);
  const open = (): Promise<Outbox> => openOutbox({ path: directory, bytesMax: 1024 * 1024, ageMaxMs: 1e15 });
  let outbox = await open();
  try {
    const fault = await look(outbox, said);
    if (fault !== '') return fault;
    const more = [100_000, 100_001];
    await Promise.all(more.map((sequence) => outbox.append(powercutEntry(sequence))));
    await outbox.close();
    outbox = await open();
    const later = await look(outbox, {
      ...said,
      tried: new Set([...said.tried, ...more]),
      accepted: new Set([...said.accepted, ...more]),
    });
    return later === '' ? '' : `after a restart ${later}`;
  } finally {
    await outbox.close();
  }
}

async function look(outbox: Outbox, said: Said): Promise<string> {
  const waiting = new Set<number>();
  for (let batch = await outbox.read(undefined, () => true); batch.length > 0; ) {
    for (const { segment: _, end: __, ...entry } of batch) {
      if (waiting.has(entry.sequence)) return `twice: ${entry.sequence}`;
      waiting.add(entry.sequence);
      if (!said.tried.has(entry.sequence)) return `invented: ${entry.sequence}`;
      if (JSON.stringify(entry) !== JSON.stringify(powercutEntry(entry.sequence)))
        return `changed: ${entry.sequence}`;
      if (said.announced.has(entry.sequence)) return `back after it was announced as lost: ${entry.sequence}`;
    }
    batch = await outbox.read(batch.at(-1), () => true);
  }
  if (outbox.status().readings !== waiting.size)
    return `miscounted: ${outbox.status().readings} for ${waiting.size}`;
  const gone = outbox.evicted();
  for (const sequence of said.accepted) {
    const isGone = gone.some(({ from, to }) => from <= sequence && sequence <= to);
    if (isGone && waiting.has(sequence)) return `waiting and given up: ${sequence}`;
    if (isGone || waiting.has(sequence) || said.confirming.has(sequence) || said.announcing.has(sequence))
      continue;
    return `lost: ${sequence}`;
  }
  return '';
}
