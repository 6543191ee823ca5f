// A HID device as node-hid shows it, in memory.

import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HidLibrary, hidLink } from '../src/transports/hid-link.ts';
import type { LinkRig } from './link-conformance.ts';

const vendor = 0x0665;
const product = 0x5161;

export function hidMachine(reportBytes: number, reportPauseMs = 0) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-hid-'));
  const written: Buffer[] = [];
  const places: { readonly path: string; readonly serialNumber: string }[] = [];
  let open: EventEmitter | undefined;
  let heard: (report: Buffer) => void = () => {};
  const library: HidLibrary = {
    devicesAsync: async (...ids) => (ids[0] === vendor && ids[1] === product ? places : []),
    HIDAsync: {
      async open() {
        const device = new EventEmitter();
        open = device;
        return Object.assign(device, {
          async write(report: Buffer) {
            written.push(report);
            heard(report.subarray(1));
            return report.length;
          },
          async close() {
            device.removeAllListeners();
            if (open === device) open = undefined;
          },
        });
      },
    },
  };
  return {
    ...{ library, written, folder },
    plugIn(name: string, serialNumber = '') {
      const path = join(folder, name);
      writeFileSync(path, '');
      places.push({ path, serialNumber });
      return path;
    },
    unplug(path: string) {
      rmSync(path);
      places.length = 0;
      open?.emit('error', new Error('could not read from HID device'));
    },
    send: (report: Uint8Array) => void open?.emit('data', Buffer.from(report)),
    onWrite(listener: (report: Buffer) => void) {
      heard = listener;
    },
    link: (port: string) => hidLink({ port, reportBytes, reportPauseMs }, async () => library),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Reports of one byte, so that none is filled up. */
export async function hidRig(): Promise<LinkRig> {
  const machine = hidMachine(1);
  const answers = new Map<string, Uint8Array>();
  let got = Buffer.alloc(0);
  let path = machine.plugIn('hidraw0');
  machine.onWrite((report) => {
    got = Buffer.concat([got, report]);
    const answer = answers.get(got.toString());
    for (const byte of answer ?? []) machine.send(Uint8Array.of(byte));
  });
  const raw = machine.link(path);
  return {
    raw,
    async connect(chunks) {
      const link = await raw(new AbortController().signal);
      for (const byte of Buffer.concat(chunks)) machine.send(Uint8Array.of(byte));
      return link;
    },
    received: async () => got,
    answer: (question, answer) => answers.set(question.toString(), answer),
    unplug: async () => machine.unplug(path),
    async plugIn() {
      path = machine.plugIn('hidraw0');
    },
    close: async () => machine.remove(),
  };
}
