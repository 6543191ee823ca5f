// A serial line without hardware: the host opens `path` as it would open a USB converter's terminal; this end is the device.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type PtyProgram, ptyPrograms } from './pty-relay.ts';

/** The device's end. */
export interface VirtualSerial {
  /** What the host opens. */
  readonly path: string;
  /** What does not fit is lost, as on a wire. */
  write(bytes: Uint8Array): void;
  /** The cable is pulled: the path is gone, and the host's open port breaks. */
  close(): Promise<void>;
}

/** No program that makes pseudo terminals is installed. */
export class NoPseudoTerminal extends Error {}

/**
 * @param path becomes a link to the terminal; its folder is made
 * @param received bytes from the host
 * @throws NoPseudoTerminal saying what to install
 */
export async function openVirtualSerial(
  path: string,
  received: (bytes: Buffer) => void = () => {},
  programs = ptyPrograms(path),
): Promise<VirtualSerial> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  for (const program of programs) {
    const relay = await start(program);
    if (relay === undefined) continue;
    relay.stdout.on('data', received);
    // The relay may end between a write and its notice.
    relay.stdin.on('error', () => {});
    return {
      path,
      write(bytes) {
        if (relay.stdin.writableLength === 0) relay.stdin.write(bytes);
      },
      async close() {
        rmSync(path, { force: true });
        if (relay.exitCode !== null || relay.signalCode !== null) return;
        const ended = once(relay, 'exit');
        relay.kill('SIGKILL');
        await ended;
      },
    };
  }
  const names = programs.map(({ command }) => command).join(' or ');
  throw new NoPseudoTerminal(
    `no pseudo terminal on this machine for want of ${names}: "sudo apt install socat" brings one`,
  );
}

/** `undefined`: not installed, or it cannot make a terminal here. */
async function start({
  command,
  args,
  ready,
}: PtyProgram): Promise<ChildProcessWithoutNullStreams | undefined> {
  const relay = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const isReady = new Promise<boolean>((resolve) => {
    let said = '';
    relay.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-1000);
      if (ready.test(said)) resolve(true);
    });
    relay.once('error', () => resolve(false));
    relay.once('exit', () => resolve(false));
  });
  return (await isReady) ? relay : undefined;
}
