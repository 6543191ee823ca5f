// A USB HID device as a link: what is written is cut into reports and filled up with zeros, what comes is handed over a
// report at a time, padding included. Found by its path, or by vendor and product, and serial number where there are several.

import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { startTimer } from '../reading/pacer.ts';
import { pause } from '../reading/pause.ts';
import { type Connect, type HidReports, TransportError } from '../transport.ts';
import { createChunkBuffer } from './chunk-buffer.ts';
import { holderOf } from './port-holder.ts';

export interface HidSettings extends HidReports {
  /** `/dev/hidraw0`, or `usb:0665:5161` with or without `:serial`. */
  readonly port: string;
}

/** The part of node-hid that is used. */
export interface HidLibrary {
  devicesAsync(vendor: number, product: number): Promise<readonly HidPlace[]>;
  readonly HIDAsync: { open(path: string): Promise<HidDevice> };
}

interface HidPlace {
  readonly path?: string | undefined;
  readonly serialNumber?: string | undefined;
}

export interface HidDevice {
  on(event: 'data', listener: (report: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(report: Buffer): Promise<number>;
  close(): Promise<void>;
}

/** Of a report in devices that do not number them. */
const reportNumber = 0;
/** Begun, a request goes out whole. */
const never = new AbortController().signal;

export function hidLink(settings: HidSettings, load: () => Promise<HidLibrary> = loadLibrary): Connect {
  const { port, reportBytes, reportPauseMs } = settings;
  return async (signal) => {
    signal.throwIfAborted();
    const library = await load();
    const path = await pathOf(port, library);
    const device = await open(path, library);
    const received = createChunkBuffer();
    let lost: TransportError | undefined;
    let isClosed: Promise<void> | undefined;
    const fail = (): Promise<void> => {
      lost ??= new TransportError('lost', `the HID device ${path} is gone: is its USB cable pulled?`);
      received.fail(lost);
      isClosed ??= device.close();
      return isClosed;
    };
    device.on('error', () => void fail());
    device.on('data', (report) => received.push(Uint8Array.from(report)));
    if (signal.aborted) {
      await fail();
      throw signal.reason;
    }
    const send = async (bytes: Uint8Array): Promise<void> => {
      for (let start = 0; start < bytes.length; start += reportBytes) {
        if (start > 0) await pause(reportPauseMs, startTimer, never);
        if (lost !== undefined) throw lost;
        const report = Buffer.alloc(1 + reportBytes);
        report[0] = reportNumber;
        report.set(bytes.subarray(start, start + reportBytes), 1);
        await device.write(report).catch(async () => {
          await fail();
          throw lost;
        });
      }
    };
    let sending: Promise<unknown> | undefined;
    return {
      read: received.read,
      async write(bytes) {
        received.forget();
        const sent = send(bytes);
        sending = Promise.allSettled([sent]);
        await sent;
      },
      async close() {
        // Half a request would become the beginning of whoever's is next.
        await sending;
        await fail();
      },
    };
  };
}

async function pathOf(port: string, { devicesAsync }: HidLibrary): Promise<string> {
  const [, vendor = '', product = '', serial] =
    /^usb:([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?$/i.exec(port) ?? [];
  if (vendor === '') return await realPathOf(port);
  const all = await devicesAsync(Number.parseInt(vendor, 16), Number.parseInt(product, 16));
  const paths = new Set(
    all.flatMap(({ path, serialNumber }) =>
      path !== undefined && (serial === undefined || serialNumber === serial) ? [path] : [],
    ),
  );
  const [path, other] = paths;
  if (path === undefined) {
    const others = all.map(({ serialNumber }) => serialNumber || 'without serial number').join(', ');
    const there = all.length === 0 ? '' : `; there is ${others}`;
    throw new TransportError(
      'absent',
      `no USB device ${port}${there}: is its cable plugged in? "lsusb" shows those there are`,
    );
  }
  if (other === undefined) return path;
  throw new TransportError(
    'unusable',
    `${paths.size} devices are ${port} (${[...paths].join(', ')}): name one by its path, best by a stable one from a udev rule`,
  );
}

async function realPathOf(port: string): Promise<string> {
  try {
    return await realpath(port);
  } catch {
    throw new TransportError(
      'absent',
      `there is no HID device ${port}: is its USB cable plugged in? "ls /dev/hidraw*" shows those there are`,
    );
  }
}

async function open(path: string, { HIDAsync }: HidLibrary): Promise<HidDevice> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch {
    throw new TransportError(
      'denied',
      `not allowed to use the HID device ${path}: the package brings a udev rule that gives the group dialout the right; by hand: "sudo chgrp dialout ${path} && sudo chmod g+rw ${path}"`,
    );
  }
  // The kernel lets several programs open it, and each would take the answers to the other's questions.
  const holder = holderOf(path);
  if (holder !== undefined) {
    throw new TransportError(
      'busy',
      `the HID device ${path} is in use by ${holder}: only one program can ask it`,
    );
  }
  try {
    return await HIDAsync.open(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransportError('unusable', `the HID device ${path} does not open: ${reason}`);
  }
}

/** Loaded when a device needs it and not before: its native part wants a library of the system. */
async function loadLibrary(): Promise<HidLibrary> {
  try {
    const library = await import('node-hid');
    // Only now is the native part loaded.
    library.getHidapiVersion();
    return library;
  } catch (error) {
    throw loadProblem(error);
  }
}

const packages: readonly (readonly [library: string, debian: string])[] = [
  ['libudev', 'libudev1'],
  ['libusb', 'libusb-1.0-0'],
];

export function loadProblem(error: unknown): TransportError {
  const reason = (error instanceof Error ? error.message.split('\n')[0] : undefined) ?? String(error);
  const [, missing] = packages.find(([library]) => reason.includes(library)) ?? [];
  const advice =
    missing === undefined
      ? `install the optional dependencies too, and for ${process.platform}-${process.arch}`
      : `"sudo apt install ${missing}" brings it`;
  return new TransportError('unusable', `the USB HID library does not load (${reason}): ${advice}`);
}
