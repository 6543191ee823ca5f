// CAN buses as rigs for receivers: adapters on a serial line in memory, and a candump that says what it is told.

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type CanFrame, formatCandump, formatSlcan, formatUsbCanA } from '@wattline/protocols';
import { type Connect, TransportError } from '../src/transport.ts';
import { adapterProtocols, canSerialReceiver } from '../src/transports/can-serial.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { socketCanReceiver } from '../src/transports/socket-can.ts';
import { now } from './bluetooth-rigs.ts';
import type { ReceiverRig, Said } from './receiver-conformance.ts';

export const busSettings = { bitRate: 500_000, isListenOnly: true, keepsAlive: false } as const;

const frameOf = ({ source, payload }: Said): CanFrame => ({ id: source, data: payload });

/** The wire forms of the adapters. */
export const formats = { 'usb-can-a': formatUsbCanA, slcan: formatSlcan } as const;

export const serialBusRig = (adapter: keyof typeof formats) => async (): Promise<ReceiverRig> => {
  const format = (packets: readonly Said[]) =>
    Buffer.concat(packets.map((said) => formats[adapter](frameOf(said))));
  let line: ReturnType<typeof createChunkBuffer> | undefined;
  let beginning: readonly Said[] = [];
  let heard = Promise.withResolvers<void>();
  let isThere = true;
  const opening = adapterProtocols[adapter](busSettings).opening.length;
  const connect: Connect = async () => {
    if (!isThere) throw new TransportError('absent', 'no adapter');
    const chunks = createChunkBuffer();
    line = chunks;
    let written = 0;
    return {
      read(signal) {
        const reading = chunks.read(signal);
        if (written === opening) heard.resolve();
        return reading;
      },
      async write() {
        if (++written !== opening) return;
        if (beginning.length > 0) chunks.push(format(beginning));
      },
      async close() {
        line = undefined;
        heard = Promise.withResolvers();
      },
    };
  };
  return {
    receiver: canSerialReceiver({
      connect,
      protocol: adapterProtocols[adapter](busSettings),
      now,
      settleMs: 0,
    }),
    start(packets) {
      beginning = packets;
    },
    listening: () => heard.promise,
    say: (packets) => line?.push(format(packets)),
    isOpen: () => line !== undefined,
    unplug() {
      isThere = false;
      line?.fail(new TransportError('lost', 'the adapter is gone'));
    },
    plugIn() {
      isThere = true;
    },
    close: async () => {},
  };
};

/** Where the machine of a test has its CAN interface. */
export function interfaceFolder(
  root: string,
  name: string,
  about: { readonly [file: string]: string },
): void {
  const folder = join(root, 'sys/class/net', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(about)) writeFileSync(join(folder, file), `${text}\n`);
}

/** It runs as long as somebody holds the pipe open from which its lines come. */
export async function socketCanRig(): Promise<ReceiverRig> {
  const root = mkdtempSync(join(tmpdir(), 'wattline-can-'));
  const [pipe, running, program] = ['lines', 'pid', 'candump'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  interfaceFolder(root, 'can0', { type: '280', flags: '0x40081' });
  execFileSync('mkfifo', [pipe]);
  writeFileSync(program, `#!/bin/sh\nexec < ${pipe}\necho $$ > ${running}\nexec cat\n`, { mode: 0o755 });
  let end: number | undefined;
  const plugIn = (): void => {
    end = openSync(pipe, 'r+');
  };
  plugIn();
  const write = (packets: readonly Said[]): void => {
    const lines = packets.map(
      (said) => `${formatCandump({ interface: 'can0', frame: frameOf(said), wallMs: 1 })}\n`,
    );
    if (end !== undefined) for (const line of lines) writeSync(end, line);
  };
  const isRunning = (): boolean => existsSync(running) && isAlive(Number(readFileSync(running, 'utf8')));
  return {
    receiver: socketCanReceiver({ name: 'can0', bitRate: 500_000, now, root, program }),
    start: write,
    async listening() {
      while (!isRunning()) await turn();
    },
    say: write,
    isOpen: isRunning,
    unplug() {
      if (end !== undefined) closeSync(end);
      end = undefined;
    },
    plugIn,
    async close() {
      if (end !== undefined) closeSync(end);
      rmSync(root, { recursive: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
