// Scanning with noble's HCI code on any controller. noble's layers above it are not used for hearing: they keep every
// address for ever, show old manufacturer data as new after the device stopped sending them, print to standard output,
// and end the process on SIGINT (docs/decisions/005-noble-fork.md).

import { EventEmitter } from 'node:events';
import { TransportError } from '../transport.ts';
import type { Controller } from './controller.ts';
import { requireFromNoble } from './noble-modules.ts';

/** One advertising packet or scan response as the controller reported it. */
export interface AdvertisingReport {
  /** Upper case, with colons. */
  readonly address: string;
  readonly data: Buffer;
  /** dBm. */
  readonly rssi: number;
}

export interface Scanner {
  /** The adapter's own, upper case. */
  readonly address: string;
  /** Starts reporting, every repeat included; resolves when the controller confirmed it. */
  scan(report: (report: AdvertisingReport) => void, lost: (error: TransportError) => void): Promise<void>;
  close(): Promise<void>;
}

/** The part of noble's class that is used. */
interface Hci extends EventEmitter {
  readonly address?: string;
  init(): void;
  setScanParameters(): void;
  setScanEnabled(enabled: boolean, filterDuplicates: boolean): void;
}
type HciClass = new (options: {
  hciDriver: () => object;
  userChannel: boolean;
  /** `false`: the legacy commands, whatever the controller can. noble would mix both kinds, which controllers refuse. */
  extended: boolean;
}) => Hci;

/** How long a controller may take to answer. A USB adapter needs some 100 ms. */
const answerMs = 5000;
const resetCommand = Buffer.from([0x01, 0x03, 0x0c, 0x00]);

/**
 * Wakes the controller. `malformed` is called for packets that noble's code cannot read.
 *
 * @throws TransportError when the controller does not answer; the signal's reason when it aborts.
 */
export async function openScanner(
  controller: Controller,
  malformed: () => void,
  signal: AbortSignal,
): Promise<Scanner> {
  const Hci = requireFromNoble<HciClass>('@stoprocent/noble/lib/hci-socket/hci.js');
  const { promise: gone, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when the adapter goes.
  gone.catch(() => {});
  let lost: (error: TransportError) => void = reject;
  const socket = socketOn(controller, malformed, (error) => lost(error));
  const hci = new Hci({ hciDriver: returning(socket), userChannel: true, extended: false });
  const close = (): Promise<void> => {
    // Silences the controller; its answer also ends a pending read of the controller's socket.
    controller.write(resetCommand);
    return controller.close();
  };
  try {
    const ready = Promise.all([poweredOn(hci, controller.name), EventEmitter.once(hci, 'addressChange')]);
    hci.init();
    await answered(Promise.race([ready, gone]), controller.name, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: hci.address?.toUpperCase() ?? '',
    async scan(report, tell) {
      lost = (error) => {
        reject(error);
        tell(error);
      };
      hci.on(
        'leAdvertisingReport',
        (_status: number, _type: number, address: string, _addressType: string, data: Buffer, rssi: number) =>
          report({ address: address.toUpperCase(), data, rssi }),
      );
      const started = scanStarted(hci);
      hci.setScanParameters();
      hci.setScanEnabled(true, false);
      await answered(Promise.race([started, gone]), controller.name, signal);
    },
    close,
  };
}

/** What noble calls its socket: already bound, and no exception of noble's gets out of it. */
function socketOn(
  controller: Controller,
  malformed: () => void,
  lost: (error: TransportError) => void,
): EventEmitter {
  const socket = new EventEmitter();
  return Object.assign(socket, {
    bindUser: () => {},
    start: () =>
      controller.start((packet) => {
        try {
          socket.emit('data', packet);
        } catch {
          malformed();
        }
      }, lost),
    write: (packet: Buffer) => controller.write(packet),
  });
}

/** `new` on a function that returns an object gives that object. */
const returning = (socket: object) =>
  function driver(): object {
    return socket;
  };

function poweredOn(hci: Hci, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    hci.on('stateChange', (state: string) => {
      if (state === 'poweredOn') resolve();
      else
        reject(new TransportError('unusable', `the Bluetooth adapter ${name} does no Bluetooth Low Energy`));
    });
  });
}

/** A refusal is waited out: replies to earlier scan commands look the same. */
function scanStarted(hci: Hci): Promise<void> {
  return new Promise((resolve) => {
    hci.on('leScanEnableSet', (status: number) => {
      if (status === 0) resolve();
    });
  });
}

async function answered(answer: Promise<unknown>, name: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const seconds = answerMs / 1000;
    reject(
      new TransportError(
        'unusable',
        `the Bluetooth adapter ${name} has not answered for ${seconds} s: unplug it and plug it in again, or restart the machine`,
      ),
    );
  }, answerMs);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    await Promise.race([answer, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
