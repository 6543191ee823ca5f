// The device that demands a bond, on the host: Bumble's controllers, whose air is the VM's adapter by two sockets.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const pinned = 'bumble==0.0.236';
const folder = join(homedir(), '.cache/wattline/bumble');
/** The Python that has Bumble, made by .ci/run. */
const python = join(folder, 'bin/python');

export const missingBumble = (): string | undefined =>
  existsSync(python) && spawnSync(python, ['-c', 'import bumble']).status === 0
    ? undefined
    : `${pinned} missing: python3 -m venv ${folder} && ${folder}/bin/pip install ${pinned}`;

export interface BondingPeripheral {
  /** Arguments of qemu that give the VM its ends of the sockets. */
  readonly machineArguments: string;
  close(): void;
}

/** Resolves when the sockets are there. */
export async function startPeripheral(): Promise<BondingPeripheral> {
  const sockets = mkdtempSync(join(tmpdir(), 'bonding-'));
  const program = fileURLToPath(new URL('peripheral.py', import.meta.url));
  const child = spawn(python, [program, '--sockets', sockets], { stdio: ['ignore', 'pipe', 'inherit'] });
  await untilReady(child);
  const port = (name: string) =>
    `-chardev socket,id=${name},path=${join(sockets, name)} -device virtserialport,chardev=${name},name=${name}`;
  return {
    machineArguments: `${port('air')} ${port('peer')}`,
    close() {
      child.kill('SIGKILL');
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((ready, failed) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', () => ready());
    child.once('exit', (code) => failed(new Error(`peripheral.py ended with ${code}`)));
    child.once('error', failed);
  });
}
