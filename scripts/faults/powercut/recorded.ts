// The power is cut on a recorded disk: the writers run in a VM, on ext4 under a stock kernel, on a disk that remembers
// every write and flush. The image at a cut is what was there at the last flush, and some of what was written since.
// The check that a machine does when it starts recovers the journal, and the program's own code opens what is left.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Outcome,
  outcomes,
  type Random,
  seededRandom,
} from '../../../packages/simulator/src/powercut/cut.ts';
import { judgeCut, nothing, type Subject } from '../../../packages/simulator/src/powercut/subject.ts';
import { type DiskEvent, serveRecordedDisk } from './nbd-disk.ts';
import { type CutReport, subjects } from './traced.ts';

const diskBytes = 64 * 1024 * 1024;
const sectorBytes = 512;
const groups = 30;
/** Of some thousand a writer. */
const cutsMax = 200;
const recordSeconds = 600;

/**
 * What ext4 forgives and other file systems punish: it saves a new name with the first sync of its file, and the bytes
 * of a file before it takes the place of another.
 */
const forgiven = ['directory syncs', 'file syncs', 'the sync of folders'];

/** @throws Error when the machine could not be started, or a writer failed */
export async function* cutRecordedDisk(seed: number): AsyncGenerator<CutReport> {
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wattline-cut-'));
  try {
    const events = await record(scratch);
    for (const subject of subjects)
      for (const omission of [nothing, ...subject.omissions]) {
        const found = await cutRun(subject, omission, events, scratch, seed);
        const isRight =
          omission === nothing ? found.fault === '' : found.fault !== '' || forgiven.includes(omission);
        yield { subject: subject.name, omission, ...found, isRight };
      }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function record(scratch: string): Promise<readonly DiskEvent[]> {
  const shared = join(scratch, 'shared');
  mkdirSync(shared);
  const socket = join(scratch, 'disk');
  const disk = await serveRecordedDisk(socket, diskBytes, join(shared, 'words'));
  const writers = subjects.flatMap(({ name, writer, omissions }) =>
    [nothing, ...omissions].flatMap((omission) => [name, writer, omission]),
  );
  const devices = [
    `-blockdev driver=nbd,node-name=cut,server.type=unix,server.path=${socket},export=x`,
    '-device virtio-blk-pci,drive=cut,write-cache=on',
    `-fsdev local,id=words,path=${shared},security_model=none`,
    '-device virtio-9p-pci,fsdev=words,mount_tag=words',
  ];
  const run = join(import.meta.dirname, '../../vm/run.sh');
  const guest = join(import.meta.dirname, 'guest-record.sh');
  const options = ['-t', String(recordSeconds), '-M', 'virtio_blk,ext4', '--', guest, String(groups)];
  const child = spawn('env', [`VM_QEMU_ARGS=${devices.join(' ')}`, run, ...options, ...writers], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  disk.close();
  if (code !== 0) throw new Error(`the machine with the recorded disk ended with ${code}: ${said}`);
  return disk.events;
}

async function cutRun(
  subject: Subject,
  omission: string,
  events: readonly DiskEvent[],
  scratch: string,
  seed: number,
): Promise<Omit<CutReport, 'subject' | 'omission' | 'isRight'>> {
  const from = events.findIndex(
    (event) => event.is === 'word' && event.text === `begin ${subject.name}|${omission}`,
  );
  const to = events.findIndex((event, index) => index > from && event.is === 'word' && event.text === 'end');
  if (from < 0 || to < 0) throw new Error(`${subject.name} without ${omission} was not recorded`);
  const disk = Buffer.alloc(diskBytes);
  let open: DiskWrite[] = [];
  const words: string[] = [];
  let [cuts, first] = [0, ''];
  const plan = planOf(events, from, to, seed);
  for (const [index, event] of events.slice(0, to + 1).entries()) {
    for (const outcome of plan.get(index) ?? []) {
      const image = Buffer.from(disk);
      keepSome(image, open, outcome, seededRandom(seed + index * 131 + cuts));
      cuts++;
      const fault = await look(subject, image, words, scratch);
      if (fault !== '') first ||= `${fault} (cut before event ${index}, kept ${outcome}, seed ${seed})`;
    }
    // Of a wrong writer one harm is enough.
    if (first !== '' && omission !== nothing) break;
    if (event.is === 'word' && index > from) words.push(event.text);
    else if (event.is === 'write') open.push(event);
    else if (event.is === 'flush') {
      for (const { offset, bytes } of open) bytes.copy(disk, offset);
      open = [];
    }
  }
  return { cuts, fault: first };
}

type DiskWrite = Extract<DiskEvent, { is: 'write' }>;

/** By the event before which the power goes: before each flush in every way, elsewhere in one. */
function planOf(
  events: readonly DiskEvent[],
  from: number,
  to: number,
  seed: number,
): ReadonlyMap<number, readonly Outcome[]> {
  const random = seededRandom(seed + from);
  const all = events.slice(from + 1, to).flatMap(({ is }, at): (readonly [number, Outcome])[] => {
    const index = from + 1 + at;
    if (is === 'word') return [[index + 1, 'nothing']];
    if (is === 'flush') return outcomes.map((outcome) => [index, outcome]);
    return [[index + 1, outcomes[1 + Math.floor(random() * 4)] ?? 'everything']];
  });
  while (all.length > cutsMax) all.splice(Math.floor(random() * all.length), 1);
  const plan = new Map<number, Outcome[]>();
  for (const [index, outcome] of all) plan.set(index, [...(plan.get(index) ?? []), outcome]);
  return plan;
}

function keepSome(image: Buffer, open: readonly DiskWrite[], outcome: Outcome, random: Random): void {
  const share = random();
  for (const [index, { offset, bytes, forced }] of open.entries()) {
    const isKept =
      forced ||
      outcome === 'everything' ||
      (outcome === 'newest' && index === open.length - 1) ||
      (outcome === 'some' && random() < share);
    if (isKept) bytes.copy(image, offset);
    else if (outcome === 'torn')
      for (let at = 0; at < bytes.length; at += sectorBytes)
        if (random() < share) bytes.copy(image, offset + at, at, at + sectorBytes);
  }
}

/** What `systemd-fsck` does when a machine starts, and no more. */
async function look(
  subject: Subject,
  bytes: Buffer,
  words: readonly string[],
  scratch: string,
): Promise<string> {
  const image = join(scratch, 'image');
  const directory = join(scratch, 'd');
  writeFileSync(image, bytes);
  rmSync(directory, { recursive: true, force: true });
  const check = spawnSync('sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin"; exec e2fsck -p "$0"', image]);
  if ((check.status ?? 8) > 1) return `no file system: e2fsck ended with ${check.status}`;
  spawnSync('sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin"; exec debugfs -R "rdump /d $1" "$0"', image, scratch]);
  if (!existsSync(directory)) return 'lost: the directory';
  return judgeCut(subject, directory, words);
}
