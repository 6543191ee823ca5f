// Entries and files for the tests of the outbox.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../src/outbox/entry.ts';
import { type Outbox, openOutbox } from '../src/outbox/outbox.ts';

export const dayMs = 86_400_000;
export const startMs = Date.UTC(2026, 5, 1);

export const entry = (sequence: number, overrides: Partial<Entry> = {}): Entry => ({
  stream: 'aaaa',
  sequence,
  topic: 'victron/solar_charger/roof',
  payload: `{"pv_power":${sequence},"_seq":${sequence}}`,
  timeMs: startMs + sequence * 1000,
  synced: true,
  ...overrides,
});

export const open = (path: string, bytesMax = 1024 * 1024): Promise<Outbox> =>
  openOutbox({ path, bytesMax, ageMaxMs: 90 * dayMs });

/** Everything that waits, as it was given. */
export async function waiting(outbox: Outbox): Promise<Entry[]> {
  const entries: Entry[] = [];
  let batch = await outbox.read(undefined, () => true);
  while (batch.length > 0) {
    entries.push(...batch.map(({ segment: _, end: __, ...rest }) => rest));
    batch = await outbox.read(batch.at(-1), () => true);
  }
  return entries;
}

/** What a crash leaves: the files without the lock of a process that is gone. */
export function takeFiles(path: string): Map<string, Buffer> {
  const names = readdirSync(path).filter((name) => !name.startsWith('lock-'));
  return new Map(names.map((name) => [name, readFileSync(join(path, name))]));
}

export function putFiles(path: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  for (const [name, bytes] of files) writeFileSync(join(path, name), bytes);
}
