// Cables to the devices of a soak: bytes both ways in this process, with what can happen to a cable.

import { EventEmitter } from 'node:events';
import { toReports } from '../../simulator/src/devices/axpert.ts';
import type { Peripheral, PeripheralEvents } from '../../simulator/src/radio/peripheral.ts';
import { type Connect, type HidReports, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { hidLink } from '../src/transports/hid-link.ts';
import { hidMachine } from './hid-rigs.ts';
import type { CableEnd } from './soak-kinds.ts';

/** What can befall a device, however it is reached. */
export type Reach = Pick<Peripheral, 'vanish' | 'reappear' | 'hangUp' | 'failConnect' | 'events'>;

export interface Wire {
  readonly reach: Reach;
  readonly connect: Connect;
}

export interface WireOptions extends CableEnd {
  /** Asked at each request: whether the line breaks, and how much later its answer comes. */
  readonly breaks: () => boolean;
  readonly lateMs: () => number;
}

const sayingEveryMs = 500;

export function createWire({ receive, says, restart, breaks, lateMs }: WireOptions): Wire {
  const events = new EventEmitter<PeripheralEvents>();
  let open: { readonly buffer: ReturnType<typeof createChunkBuffer>; readonly hush: () => void } | undefined;
  let isThere = true;
  const part = (): void => {
    restart?.();
    if (open === undefined) return;
    open.hush();
    open.buffer.fail(new TransportError('lost', 'the cable is pulled'));
    open = undefined;
    events.emit('disconnect', 0);
  };
  const reach: Reach = {
    ...{ events, failConnect: 0, hangUp: part },
    vanish() {
      isThere = false;
      part();
    },
    reappear() {
      isThere = true;
    },
  };
  const connect: Connect = async () => {
    if (!isThere || reach.failConnect-- > 0) throw new TransportError('absent', 'there is no such port');
    const buffer = createChunkBuffer();
    const saying =
      says &&
      setInterval(() => {
        if (breaks()) return part();
        for (const chunk of says()) buffer.push(chunk);
      }, sayingEveryMs);
    const own = { buffer, hush: () => clearInterval(saying) };
    open = own;
    return {
      read: buffer.read,
      async write(bytes) {
        buffer.forget();
        if (breaks()) part();
        if (open !== own) return;
        const answer = Buffer.concat(receive(bytes));
        const forMs = lateMs();
        if (answer.length > 0 && forMs > 0) setTimeout(() => open === own && buffer.push(answer), forMs);
        else if (answer.length > 0) buffer.push(answer);
      },
      async close() {
        own.hush();
        buffer.fail(new TransportError('lost', 'closed'));
        if (open === own) open = undefined;
      },
    };
  };
  return { reach, connect };
}

const requestEnd = 0x0d;

interface HidWireOptions extends WireOptions {
  readonly reports: HidReports;
  /** The port is looked up on the machine itself. */
  readonly hold: <Result>(promise: Promise<Result>) => Promise<Result>;
}

/** A USB device in memory behind the transport itself. */
export function createHidWire(options: HidWireOptions): Wire & { readonly remove: () => void } {
  const { receive, breaks, lateMs, reports, hold } = options;
  const events = new EventEmitter<PeripheralEvents>();
  const machine = hidMachine(reports.reportBytes);
  let path: string | undefined;
  let request = Buffer.alloc(0);
  const reach: Reach = {
    ...{ events, failConnect: 0 },
    hangUp() {
      if (path === undefined) return;
      reach.vanish();
      reach.reappear();
    },
    vanish() {
      if (path === undefined) return;
      machine.unplug(path);
      path = undefined;
      // Half a request is gone with its device.
      request = Buffer.alloc(0);
      events.emit('disconnect', 0);
    },
    reappear() {
      path ??= machine.plugIn('hidraw0');
    },
  };
  reach.reappear();
  machine.onWrite((report) => {
    request = Buffer.concat([request, report]);
    if (!report.includes(requestEnd)) return;
    const whole = request;
    request = Buffer.alloc(0);
    if (breaks()) return reach.hangUp();
    const answers = receive(whole).flatMap((answer) => toReports(answer, reports.reportBytes));
    const forMs = lateMs();
    const answer = (): void => answers.forEach(machine.send);
    if (answers.length > 0 && forMs > 0) setTimeout(answer, forMs);
    else answer();
  });
  const link = hidLink({ port: hidPort, ...reports }, async () => machine.library);
  const connect: Connect = (signal) => {
    if (reach.failConnect-- > 0) return Promise.reject(new TransportError('busy', 'somebody else has it'));
    return hold(link(signal));
  };
  return { reach, connect, remove: machine.remove };
}

export const hidPort = 'usb:0665:5161';
