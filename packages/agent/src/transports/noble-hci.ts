// noble's HCI code on any controller. noble's layers above it are not used for hearing: they keep every address for ever,
// show old manufacturer data as new after the device stopped sending them, print to standard output, and end the process
// on SIGINT (docs/decisions/005-noble-fork.md).

import { EventEmitter } from 'node:events';
import { TransportError } from '../transport.ts';
import { type AdapterLoss, createAdapterLoss } from './adapter-loss.ts';
import type { Controller } from './controller.ts';
import { otherHci, requireFromNoble } from './noble-modules.ts';

/** A controller that is awake. */
export interface OpenHci extends AdapterLoss {
  readonly hci: Hci;
  /** As the log names it. */
  readonly name: string;
  /** The adapter's own, upper case. */
  readonly address: string;
  close(): Promise<void>;
}

/** The part of noble's class that is used. */
export interface Hci extends EventEmitter {
  readonly address?: string;
  init(): void;
  setScanParameters(): void;
  setScanEnabled(enabled: boolean, filterDuplicates: boolean): void;
  createLeConn(
    address: string,
    addressType: string,
    parameters: { readonly [name: string]: number },
    reset: boolean,
  ): void;
  cancelConnect(): void;
  disconnect(handle: number): void;
  connUpdateLe(
    handle: number,
    intervalMinMs: number,
    intervalMaxMs: number,
    latency: number,
    timeoutMs: number,
  ): void;
  writeAclDataPkt(handle: number, channel: number, data: Buffer): Promise<void>;
}
type HciClass = new (options: {
  hciDriver: () => object;
  userChannel: boolean;
  /** `false`: the legacy commands, whatever the controller can. noble would mix both kinds, which controllers refuse. */
  extended: boolean;
}) => Hci;

/** Whose HCI code is used; the other one is the user's to install, and only hears. */
export type BluetoothLibrary = 'stoprocent' | 'abandonware';
export type CreateHci = (socket: object) => Hci;

export const hciOf = (library: BluetoothLibrary | undefined): CreateHci =>
  library === 'abandonware' ? (socket) => otherHci<Hci>(socket) : ownHci;

/** How long a controller may take to answer. A USB adapter needs some 100 ms. */
const answerMs = 5000;
const resetCommand = Buffer.from([0x01, 0x03, 0x0c, 0x00]);

/**
 * Wakes the controller. `malformed` is called for packets that noble's code cannot read.
 *
 * @throws TransportError when the controller does not answer; the signal's reason when it aborts.
 */
export async function openHci(
  controller: Controller,
  malformed: () => void,
  signal: AbortSignal,
  createHci: CreateHci = ownHci,
): Promise<OpenHci> {
  const loss = createAdapterLoss();
  const socket = socketOn(controller, malformed, loss.lose);
  const hci = createHci(socket);
  // One of a kind for each connection.
  hci.setMaxListeners(0);
  const close = (): Promise<void> => {
    // Silences the controller; its answer also ends a pending read of the controller's socket.
    controller.write(resetCommand);
    return controller.close();
  };
  const { name } = controller;
  try {
    const ready = Promise.all([poweredOn(hci, name), EventEmitter.once(hci, 'addressChange')]);
    hci.init();
    await answered({ name, ...loss }, ready, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { hci, name, address: hci.address?.toUpperCase() ?? '', ...loss, close };
}

function ownHci(socket: object): Hci {
  const Hci = requireFromNoble<HciClass>('@stoprocent/noble/lib/hci-socket/hci.js');
  return new Hci({ hciDriver: returning(socket), userChannel: true, extended: false });
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

/** @throws TransportError when the adapter does not answer in time, or is lost; the signal's reason when it aborts */
export async function answered<Answer>(
  { name, unlessGone }: Pick<OpenHci, 'name' | 'unlessGone'>,
  answer: Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
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
    return await unlessGone(Promise.race([answer, ended]));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
