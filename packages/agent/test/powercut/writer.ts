// The program that is cut: node writer.ts <what it leaves out> <directory> <groups>. It tells what it does among its
// writes: "try n", "accepted n", "confirming n", "announcing from to", "announced from to".

import { writeSync } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.ts';
import { leavesOut, measuredMs, type Omission, powercutEntry } from './history.ts';

const [omission = '', directory = '', groups = ''] = process.argv.slice(2);
const say = (text: string): void => {
  writeSync(1, `${text}\n`);
};

/** Takes one kind of sync out of the program, as a careless change would. */
async function leaveOut(what: Omission): Promise<void> {
  const handle = await openFile('/dev/null');
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  if (what === 'data syncs') prototype.datasync = async () => {};
  if (what === 'directory syncs') {
    prototype.sync = async function (this: FileHandle) {
      if (!(await this.stat()).isDirectory()) await sync.call(this);
    };
  }
  if (what === 'file syncs') {
    prototype.sync = async function (this: FileHandle) {
      if ((await this.stat()).isDirectory()) await sync.call(this);
    };
  }
}

const ageMaxMs = 30_000;
const open = (): Promise<Outbox> => openOutbox({ path: directory, bytesMax: 24 * 1024, ageMaxMs });

async function appendGroup(outbox: Outbox, first: number, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      say(`try ${first + index}`);
      await outbox.append(powercutEntry(first + index));
      say(`accepted ${first + index}`);
    }),
  );
}

async function confirmSome(outbox: Outbox, group: number): Promise<void> {
  const batch = await outbox.read(undefined, () => true);
  const chosen = batch.filter(({ sequence }) => (sequence + group) % 3 === 0).slice(0, 4);
  for (const { sequence } of chosen) say(`confirming ${sequence}`);
  await outbox.confirm(chosen);
}

async function announce(outbox: Outbox): Promise<void> {
  const ranges = outbox.evicted().slice(0, 2);
  for (const { from, to } of ranges) say(`announcing ${from} ${to}`);
  await outbox.announced(ranges);
  for (const { from, to } of ranges) say(`announced ${from} ${to}`);
}

if (leavesOut(omission)) await leaveOut(omission);
let outbox = await open();
let next = 0;
for (let group = 0; group < Number(groups); group += 1) {
  const count = 1 + (group % 4);
  await appendGroup(outbox, next, count);
  next += count;
  if (group % 3 === 1) await confirmSome(outbox, group);
  if (group % 11 === 10) await outbox.expire(measuredMs(next - 60) + ageMaxMs);
  if (group % 7 === 6) await announce(outbox);
  if (group % 13 === 12) {
    await outbox.close();
    outbox = await open();
  }
}
// It stays open: the power goes while it is in use.
say('done');
