// From a device's address to a link: waits until it is heard, which costs nobody anything, and only then takes the radio
// for connecting. So a device that is not there keeps no other waiting.

import { EventEmitter } from 'node:events';
import type { InTurn } from '../reading/turns.ts';
import { type GattWay, type Link, TransportError, type Turn } from '../transport.ts';
import { gattLink } from './gatt-link.ts';
import type { OpenHci } from './noble-hci.ts';
import type { AdvertisingReport, Scanning } from './scanning.ts';

/** An adapter that is open. */
export interface Air {
  readonly open: OpenHci;
  readonly scanning: Scanning;
  readonly inTurn: InTurn;
  readonly heardMs: number;
}

/** Devices advertise every 0.1 to 2 s; within this time four of five packets may be lost. */
export const heardMsDefault = 8000;
/** So long a radio that others keep busy is waited for. */
const restMsMax = 300_000;
const connectMs = 5000;
/** The controller's answer to a cancelled attempt. */
const cancelMs = 2000;
/** Half of the attempts fail on a disturbed radio with "failed to be established". */
const attemptsMax = 2;

/**
 * Connection intervals of 20 to 30 ms, and 4 s without any packet until the connection is lost. Units of 1.25 and 10 ms.
 */
const parameters = { minInterval: 16, maxInterval: 24, latency: 0, timeout: 400 };

const established = 0;
const memoryExceeded = 0x07;
const limitExceeded = 0x09;
const alreadyThere = 0x0b;

export async function openConnection(
  air: Air,
  { address, media }: GattWay,
  signal: AbortSignal,
  { dueMs, waits = () => {} }: Turn = { dueMs: 0 },
): Promise<Link> {
  const { open, scanning, inTurn } = air;
  // Nobody is heard while others are connected to: that too is waiting for them.
  waits(true);
  const heard = await hear(air, address, signal);
  const act = () => {
    waits(false);
    return scanning.restFor(() => initiate(open, heard, signal));
  };
  const handle = await inTurn(act, dueMs);
  return gattLink({ open, handle, address }, media);
}

/** The next packet by which the device says that it may be connected to. */
async function hear(
  { open, scanning, heardMs }: Air,
  address: string,
  signal: AbortSignal,
): Promise<AdvertisingReport> {
  const { promise, resolve, reject } = Promise.withResolvers<AdvertisingReport>();
  promise.catch(() => {});
  let isHeard = false;
  let areOthersHeard = false;
  const stop = await scanning.listen((report) => {
    areOthersHeard = true;
    if (report.address !== address) return;
    isHeard = true;
    if (report.isConnectable) resolve(report);
  }, signal);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  const restedBeforeMs = scanning.restedMs();
  let waitedForRestMs = 0;
  const look = (): void => {
    const restedMs = Math.min(scanning.restedMs() - restedBeforeMs, restMsMax);
    if (restedMs > waitedForRestMs) {
      // While others were connected to, it could not be heard.
      timer = setTimeout(look, restedMs - waitedForRestMs);
      waitedForRestMs = restedMs;
    } else if (isHeard) reject(held(address));
    else reject(notHeard(address, heardMs, areOthersHeard));
  };
  let timer = setTimeout(look, heardMs);
  try {
    return await open.unlessGone(promise);
  } finally {
    stop();
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

const held = (address: string): TransportError =>
  new TransportError(
    'busy',
    `${address} is heard, but takes no connection: a phone app or another program holds it`,
  );

/** Where nobody is heard, it may be the radio that is deaf. */
function notHeard(address: string, heardMs: number, areOthersHeard: boolean): TransportError {
  const causes = `${address} was not heard within ${heardMs / 1000} s: out of reach, held by a phone app, or off`;
  return areOthersHeard
    ? new TransportError('absent', causes)
    : new TransportError('lost', `${causes}; nobody else was heard either`);
}

async function initiate(
  open: OpenHci,
  { address, addressType }: AdvertisingReport,
  signal: AbortSignal,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const [status, handle] = await completion(open, address, addressType, signal);
    if (status === established && handle !== undefined) {
      if (!signal.aborted) return handle;
      open.hci.disconnect(handle);
    }
    signal.throwIfAborted();
    if (attempt >= attemptsMax) throw refusal(address, status);
  }
}

async function completion(
  { hci, unlessGone, name, lose }: OpenHci,
  address: string,
  addressType: string,
  signal: AbortSignal,
): Promise<readonly [status: number, handle?: number]> {
  let deadline: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    clearTimeout(deadline);
    hci.cancelConnect();
    deadline = setTimeout(() => {
      lose(
        new TransportError('unusable', `the Bluetooth adapter ${name} does not end an attempt to connect`),
      );
    }, cancelMs);
  };
  const completed = EventEmitter.once(hci, 'leConnComplete') as Promise<[number, number?]>;
  deadline = setTimeout(cancel, connectMs);
  signal.addEventListener('abort', cancel);
  try {
    hci.createLeConn(address.toLowerCase(), addressType, parameters, false);
    return await unlessGone(completed);
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', cancel);
  }
}

function refusal(address: string, status: number): TransportError {
  if (status === limitExceeded || status === memoryExceeded) {
    return new TransportError(
      'busy',
      'the Bluetooth adapter holds no more connections at a time: set "keep_connected: false" for some devices',
    );
  }
  if (status === alreadyThere) {
    return new TransportError('busy', `${address} is connected already: is it configured twice?`);
  }
  return new TransportError(
    'lost',
    `${address} was heard, but does not take a connection: too far away, or held by a phone app`,
  );
}
