// The attribute protocol on one connection, by noble's code, with what that leaves out: an answer that refuses, and a
// deadline. noble resolves a refused read with no bytes and never ends a refused write (Bluetooth Core Specification,
// Vol 3 Part F).

import { EventEmitter } from 'node:events';
import { TransportError } from '../transport.ts';
import type { OpenHci } from './noble-hci.ts';
import { requireFromNoble } from './noble-modules.ts';

/** Ids: 4 hex digits, or 32 without dashes. */
export interface Characteristic {
  readonly service: string;
  readonly id: string;
  readonly properties: readonly string[];
}

export interface AttClient {
  services(): Promise<readonly string[]>;
  characteristics(service: string): Promise<readonly Characteristic[]>;
  read(from: Characteristic): Promise<Uint8Array>;
  write(to: Characteristic, bytes: Uint8Array): Promise<void>;
  subscribe(to: Characteristic, notified: (bytes: Uint8Array) => void): Promise<void>;
  close(): Promise<void>;
}

/** The part of noble's class that is used. */
interface Gatt extends EventEmitter {
  readonly _mtu: number;
  exchangeMtu(): void;
  discoverServices(ids: readonly string[]): void;
  discoverCharacteristics(service: string, ids: readonly string[]): void;
  read(service: string, id: string): void;
  write(service: string, id: string, bytes: Buffer, withoutResponse: boolean): void;
  notify(service: string, id: string, isOn: boolean): void;
}
type GattClass = new (address: string, stream: EventEmitter, mtu: number) => Gatt;
type SignalingClass = new (handle: number, stream: EventEmitter, userChannel: boolean) => EventEmitter;

/** The longest silence of a device that the specification allows is 30 s; one that takes more than this is not well. */
const answerMs = 5000;
const disconnectMs = 2000;
/** What fits into one packet of the radio. */
const mtu = 247;
const writeOverhead = 3;
const attChannel = 4;
const errorResponse = 0x01;
const mtuRequest = 0x02;
const requestNotSupported = 0x06;
const notFound = 0x0a;
/** Authentication, authorization, key size, encryption. */
const bondErrors: readonly number[] = [0x05, 0x08, 0x0c, 0x0f];

export interface AttOptions {
  readonly open: OpenHci;
  readonly handle: number;
  /** Upper case. */
  readonly address: string;
  /** The connection is over, for whatever reason; not after `close`. */
  readonly lost: (error: TransportError) => void;
}

/** Takes over a connection that the controller has completed. */
export function attClient(options: AttOptions): AttClient {
  const { gatt, ask, close } = conversationOn(options);
  let isSized = false;
  return {
    async services() {
      if (!isSized) await ask('mtu', 'the question for its packet size', () => gatt.exchangeMtu());
      isSized = true;
      const [, found] = await ask<[string, string[]]>('servicesDiscover', 'which services it has', () =>
        gatt.discoverServices([]),
      );
      return found;
    },
    async characteristics(service) {
      const [, , found] = await ask<[string, string, { uuid: string; properties: string[] }[]]>(
        'characteristicsDiscover',
        `what its service ${service} has`,
        () => gatt.discoverCharacteristics(service, []),
      );
      return found.map(({ uuid: id, properties }) => ({ service, id, properties }));
    },
    async read({ service, id }) {
      const [, , , bytes] = await ask<[string, string, string, Buffer]>(
        'read',
        `the reading of ${id}`,
        () => gatt.read(service, id),
        ([, , of]) => of === id,
      );
      return Uint8Array.from(bytes);
    },
    async write({ service, id, properties }, bytes) {
      const withoutResponse = properties.includes('writeWithoutResponse');
      // Longer ones with a response are cut by the protocol itself.
      const room = withoutResponse ? gatt._mtu - writeOverhead : bytes.length;
      for (let start = 0; start < bytes.length; start += room) {
        const piece = Buffer.from(bytes.subarray(start, start + room));
        await ask('write', `the writing of ${id}`, () => gatt.write(service, id, piece, withoutResponse));
      }
    },
    async subscribe({ service, id }, notified) {
      gatt.on('notification', (_address: string, ofService: string, of: string, bytes: Buffer) => {
        if (ofService === service && of === id) notified(Uint8Array.from(bytes));
      });
      await ask('notify', `the wish for notifications of ${id}`, () => gatt.notify(service, id, true));
    },
    close,
  };
}

interface Conversation {
  readonly gatt: Gatt;
  /** One question at a time: its event, or a refusal, the loss of the link, or the deadline. */
  ask<Answer extends unknown[]>(
    event: string,
    what: string,
    question: () => void,
    isAnswer?: (answer: Answer) => boolean,
  ): Promise<Answer>;
  close(): Promise<void>;
}

function conversationOn(options: AttOptions): Conversation {
  const { open, handle, address } = options;
  let failure: TransportError | undefined;
  let refuse: (error: TransportError) => void = () => {};
  const { gatt, letGo } = openChannel(options, {
    refused: (error) => refuse(error),
    lost: (error) => fail(error),
  });
  function fail(error: TransportError): void {
    if (failure !== undefined) return;
    failure = error;
    refuse(error);
    options.lost(error);
    letGo();
  }
  return {
    gatt,
    async ask<Answer extends unknown[]>(
      event: string,
      what: string,
      question: () => void,
      isAnswer: (answer: Answer) => boolean = () => true,
    ) {
      if (failure !== undefined) throw failure;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const answer = (...told: unknown[]): void => {
        if (isAnswer(told as Answer)) resolve(told as Answer);
      };
      const timer = setTimeout(() => {
        const message = `${address} does not answer ${what} within ${answerMs / 1000} s`;
        // What comes later would be taken for the answer to the next question.
        fail(new TransportError('lost', message));
        open.hci.disconnect(handle);
      }, answerMs);
      refuse = reject;
      gatt.on(event, answer);
      try {
        question();
        return await promise;
      } finally {
        clearTimeout(timer);
        gatt.off(event, answer);
        refuse = () => {};
      }
    },
    async close() {
      if (failure !== undefined) return;
      failure = new TransportError('lost', `the link to ${address} is closed`);
      refuse(failure);
      open.hci.disconnect(handle);
      await confirmed(open, handle);
      letGo();
    },
  };
}

/** noble's protocol code between the controller's packets of one connection and whoever asks. */
function openChannel(
  { open, handle, address }: AttOptions,
  told: {
    readonly refused: (error: TransportError) => void;
    readonly lost: (error: TransportError) => void;
  },
): { readonly gatt: Gatt; readonly letGo: () => void } {
  const { hci, whenGone } = open;
  const Gatt = requireFromNoble<GattClass>('@stoprocent/noble/lib/hci-socket/gatt.js');
  const Signaling = requireFromNoble<SignalingClass>('@stoprocent/noble/lib/hci-socket/signaling.js');
  const stream = Object.assign(new EventEmitter(), {
    // Lost with the adapter, which tells it itself.
    write: (channel: number, data: Buffer) => void hci.writeAclDataPkt(handle, channel, data).catch(() => {}),
    encrypt: () => {},
  });
  const received = (of: number, channel: number, data: Buffer): void => {
    if (of !== handle) return;
    if (channel !== attChannel || data[0] !== errorResponse) {
      stream.emit('data', channel, data);
      return;
    }
    const error = refusal(address, data);
    if (error !== undefined) told.refused(error);
    stream.emit('data', channel, answerable(data));
  };
  const parted = (of: number, reason: number): void => {
    if (of === handle) told.lost(new TransportError('lost', `${address}: ${explainEnd(reason)}`));
  };
  hci.on('aclDataPkt', received);
  hci.on('disconnComplete', parted);
  const forget = whenGone(told.lost);
  const gatt = new Gatt(address, stream, mtu);
  const signaling = new Signaling(handle, stream, true);
  signaling.on('connectionParameterUpdateRequest', hci.connUpdateLe.bind(hci));
  return {
    gatt,
    letGo() {
      hci.off('aclDataPkt', received);
      hci.off('disconnComplete', parted);
      forget();
      stream.emit('end');
    },
  };
}

/** A controller that does not even confirm that a connection is over is of no use any more. */
async function confirmed({ hci, unlessGone, name, lose }: OpenHci, handle: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const parted = (of: number): void => {
    if (of === handle) resolve();
  };
  const timer = setTimeout(() => {
    lose(new TransportError('lost', `the Bluetooth adapter ${name} does not end a connection`));
  }, disconnectMs);
  hci.on('disconnComplete', parted);
  await unlessGone(promise).catch(() => {});
  hci.off('disconnComplete', parted);
  clearTimeout(timer);
}

/** `undefined`: part of the protocol's own way, such as the end of a list. */
function refusal(address: string, data: Buffer): TransportError | undefined {
  const [, request, , , code = 0] = data;
  if (code === notFound || request === mtuRequest) return undefined;
  if (bondErrors.includes(code)) {
    return new TransportError(
      'denied',
      `${address} demands a bond: set its pin, and "wattline-agent pair" makes it`,
    );
  }
  const hex = (byte = 0): string => byte.toString(16).padStart(2, '0');
  return new TransportError(
    'unusable',
    `${address} refuses request ${hex(request)} of the attribute protocol with code ${hex(code)}`,
  );
}

/** noble pairs by itself on some codes, and waits for ever on others: all of them become one that it only notes. */
function answerable(data: Buffer): Buffer {
  if (data[4] === notFound) return data;
  const same = Buffer.from(data);
  same[4] = requestNotSupported;
  return same;
}

/** Reasons of the controller: Bluetooth Core Specification, Vol 1 Part F, 1.3. */
function explainEnd(reason: number): string {
  if (reason === 0x08) return 'nothing came from it any more: out of reach, or off';
  if (reason === 0x13) return 'it has closed the connection';
  if (reason === 0x3e) return 'the connection did not come about: too far away, or the radio disturbed';
  return `the connection ended (reason ${reason.toString(16).padStart(2, '0')})`;
}
