// Recordings as rigs for receivers and links.

import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type RecordedEntry, writeEntry } from '../src/transports/recording.ts';
import { replayLink, replayReceiver } from '../src/transports/replay.ts';
import { now } from './bluetooth-rigs.ts';
import type { LinkRig } from './link-conformance.ts';
import type { ReceiverRig } from './receiver-conformance.ts';

/** Of a recording that begins now, as what a device sends is heard now. */
const header = (): string =>
  JSON.stringify({ recording: 1, definition: 'test', medium: 'test', when: new Date().toISOString() });

/** Something that never comes, so that the recording does not end. */
const late: RecordedEntry = { ms: 1e9, medium: 'test', direction: 'in', bytes: Uint8Array.of(), source: 0 };

function scratch(): {
  readonly path: string;
  write(entries: readonly RecordedEntry[]): void;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-replay-'));
  const path = join(folder, 'capture.jsonl');
  return {
    path,
    write: (entries) => writeFileSync(path, [header(), ...entries.map(writeEntry), ''].join('\n')),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export async function replayReceiverRig(): Promise<ReceiverRig> {
  const { path, write, remove } = scratch();
  const isOpen = (): boolean =>
    readdirSync('/proc/self/fd').some((fd) => linkOf(`/proc/self/fd/${fd}`) === path);
  return {
    receiver: replayReceiver({ path, pace: 'recorded', now }),
    start: (packets) =>
      write([
        ...packets.map(({ payload, ...about }) => {
          return { ms: 0, medium: 'test', direction: 'in' as const, rssi: -60, bytes: payload, ...about };
        }),
        late,
      ]),
    async listening() {
      while (!isOpen()) await turn();
    },
    isOpen,
    close: async () => remove(),
  };
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The end of the recording is the device that goes away. */
export async function replayLinkRig(): Promise<LinkRig> {
  const { path, write, remove } = scratch();
  const answers: RecordedEntry[] = [];
  const entry = (direction: 'in' | 'out', bytes: Uint8Array): RecordedEntry => ({
    ms: 0,
    medium: 'test',
    direction,
    bytes,
  });
  const raw = replayLink({ path, pace: 'recorded', now }).connect;
  return {
    raw,
    async connect(chunks) {
      write([...chunks.map((chunk) => entry('in', chunk)), ...answers]);
      return await raw(new AbortController().signal);
    },
    answer: (question, answer) => void answers.push(entry('out', question), entry('in', answer)),
    unplug: async () => rmSync(path),
    plugIn: async () => {},
    close: async () => remove(),
  };
}
