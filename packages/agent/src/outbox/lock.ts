// One writer at a time, without a lock that outlives a crash: every process first leaves a file named after itself
// (boot, pid, start time), then looks for files of others that still run. The files of the dead belong to nobody
// who could come back, so anyone may remove them; of two that start together both may see the other and give way.

import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileMode, removeFile } from './files.ts';

interface Lock {
  release(): Promise<void>;
}

interface Owner {
  readonly boot: string;
  readonly pid: number;
  readonly start: string;
}

const lockName = /^lock-([0-9a-f]*)-(\d+)-(\d+)$/;

/** The process that has the outbox open for writing. Throws what the file system throws. */
export async function lockOwner(directory: string, proc = '/proc'): Promise<number | undefined> {
  const boot = await bootPrefix(proc);
  for (const owner of owners(await readdir(directory))) {
    if (await isAlive(owner, boot, proc)) return owner.pid;
  }
  return undefined;
}

/** undefined with the pid of the process that holds it already. */
export async function takeLock(directory: string, proc = '/proc'): Promise<Lock | number> {
  const own: Owner = {
    boot: await bootPrefix(proc),
    pid: process.pid,
    start: (await startTime(process.pid, proc)) ?? '0',
  };
  const path = join(directory, fileName(own));
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, 'wx', fileMode);
  } catch (error) {
    // This very process has it open.
    if (errorCode(error) === 'EEXIST') return process.pid;
    throw error;
  }
  await handle.close();
  for (const other of owners(await readdir(directory))) {
    if (fileName(other) === fileName(own)) continue;
    if (await isAlive(other, own.boot, proc)) {
      await removeFile(path);
      return other.pid;
    }
    await removeFile(join(directory, fileName(other)));
  }
  return { release: () => removeFile(path) };
}

const fileName = ({ boot, pid, start }: Owner): string => `lock-${boot}-${pid}-${start}`;

function owners(names: readonly string[]): Owner[] {
  return names.flatMap((name) => {
    const [, boot, pid, start] = lockName.exec(name) ?? [];
    return boot === undefined || start === undefined ? [] : [{ boot, pid: Number(pid), start }];
  });
}

async function isAlive({ boot, pid, start }: Owner, currentBoot: string, proc: string): Promise<boolean> {
  if (boot !== currentBoot) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other refusal (EPERM) says that there is such a process.
    if (errorCode(error) === 'ESRCH') return false;
  }
  const runningSince = await startTime(pid, proc);
  return runningSince === undefined || start === '0' || runningSince === start;
}

/** Start of a process in clock ticks since boot; undefined where the machine does not tell. */
async function startTime(pid: number, proc: string): Promise<string | undefined> {
  const text = await readText(join(proc, String(pid), 'stat'));
  // Field 22; the name in field 2 may itself hold spaces and brackets.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

async function bootPrefix(proc: string): Promise<string> {
  return (await readText(join(proc, 'sys/kernel/random/boot_id')))?.slice(0, 8) ?? '';
}

const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
