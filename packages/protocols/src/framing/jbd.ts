// JBD: requests and answers of the board.
//
//   request   DD A5 reg len data sum(2) 77         sum = 10000 − (reg + len + data)
//   answer    DD reg status len data sum(2) 77     sum = 10000 − (status + len + data); the register is outside it
//
// JBD communication protocol V11, 2023-03-21. A refusal comes with its sum or with 0000.

import { sum16 } from '../checksum.ts';
import type { RequestForm } from '../device.ts';
import { type Exchange, ProtocolError, type Take } from '../session.ts';

const start = 0xdd;
const end = 0x77;
const read = 0xa5;
/** Bytes of an answer beside its data. */
const overhead = 7;
const statusDone = 0x00;

const refusals: { readonly [status: number]: string } = {
  128: 'the board does not know the request',
  129: 'the board does not allow it now: a password is set on it, or its service mode is needed',
  130: 'the board found the checksum of the request wrong',
  131: 'the board refused its password',
};

/** Reads a register. An awake board answers within 0.1 s; the first request after its sleep may be lost. */
export const readJbd = (register: number): Exchange => ({
  request: requestOf(register),
  take: takeJbd(register),
  timeoutMs: 1000,
  tries: 3,
});

function requestOf(register: number): Uint8Array {
  const sum = complementOf(Uint8Array.of(register, 0));
  return Uint8Array.of(start, read, register, 0, sum >> 8, sum & 0xff, end);
}

const complementOf = (bytes: Uint8Array, from = 0, end = bytes.length): number =>
  (0x10000 - sum16(bytes, from, end)) & 0xffff;

/** The answer of a register, or of any with `undefined`. */
function takeJbd(register: number | undefined): Take {
  return (received) => {
    const frame = wholeFrame(received);
    if (frame === undefined || frame.register === undefined) return frame;
    const { used, status, data } = frame;
    // Also what an RS485 adapter hears of itself: it looks like an answer of register A5.
    if (register !== undefined && frame.register !== register) return { used };
    if (status !== statusDone) throw new ProtocolError('refused', explainRefusal(frame.register, status));
    return { used, answer: data };
  };
}

/** Whether the frame at the head is a request for reading that came back unchanged. */
export function isJbdEcho(received: Uint8Array): boolean {
  const frame = wholeFrame(received);
  return frame !== undefined && isEcho(frame);
}

const isEcho = ({ register }: JbdFrame): boolean => register === read;

interface JbdFrame {
  readonly used: number;
  /** Absent of a frame of the Bluetooth module, which is before the board. */
  readonly register?: number;
  readonly status: number;
  readonly data: Uint8Array;
}

function wholeFrame(received: Uint8Array): JbdFrame | undefined {
  if (received[0] === 0xff) return wholeModuleFrame(received);
  if (received[0] !== start) throw new ProtocolError('corrupt', 'no frame of a JBD board begins so');
  const length = received[3];
  if (length === undefined || received.length < length + overhead) return undefined;
  const register = received[1] as number;
  const status = received[2] as number;
  const used = length + overhead;
  const sum = ((received[used - 3] as number) << 8) | (received[used - 2] as number);
  const isSummed = sum === complementOf(received, 2, 4 + length) || (length === 0 && sum === 0);
  // The length may be what is wrong: the next frame may begin inside.
  if (!isSummed || received[used - 1] !== end)
    throw new ProtocolError('corrupt', 'the checksum or the end of a frame of the board is wrong', 1);
  return { used, register, status, data: received.subarray(4, 4 + length) };
}

function explainRefusal(register: number, status: number): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return `register ${hex(register)}: ${refusals[status] ?? `status ${hex(status)}`}`;
}

function wholeModuleFrame(received: Uint8Array): JbdFrame | undefined {
  const frame = takeModuleFrame(received);
  return frame === undefined ? undefined : { used: frame.used, status: frame.command, data: frame.data };
}

interface ModuleFrame {
  readonly used: number;
  readonly command: number;
  readonly data: Uint8Array;
}

/** A frame of the Bluetooth module: `FF AA command len data sum`, sum = command + len + data. */
function takeModuleFrame(received: Uint8Array): ModuleFrame | undefined {
  if (received.length > 1 && received[1] !== 0xaa)
    throw new ProtocolError('corrupt', 'no frame of a JBD module begins so');
  const [, , command = 0, length] = received;
  if (length === undefined || received.length < length + 5) return undefined;
  const used = length + 5;
  if ((sum16(received.subarray(2, used - 1)) & 0xff) !== received[used - 1])
    throw new ProtocolError('corrupt', 'the checksum of a frame of the Bluetooth module is wrong', 1);
  return { used, command, data: received.subarray(4, 4 + length) };
}

/** Asks the Bluetooth module. It answers within 0.1 s. */
export function askJbdModule(command: number, data: Uint8Array = Uint8Array.of()): Exchange {
  const body = Uint8Array.of(command, data.length, ...data);
  return {
    request: Uint8Array.of(0xff, 0xaa, ...body, sum16(body) & 0xff),
    take: takeJbdModule(command),
    timeoutMs: 2000,
  };
}

/** The module's answer to a command, or to any with `undefined`. */
export function takeJbdModule(command: number | undefined): Take {
  return (received) => {
    if (received[0] === start) {
      const frame = wholeFrame(received);
      return frame === undefined ? undefined : { used: frame.used };
    }
    if (received[0] !== 0xff) throw new ProtocolError('corrupt', 'no frame of a JBD module begins so');
    const frame = takeModuleFrame(received);
    if (frame === undefined) return undefined;
    const { used, data } = frame;
    return command === undefined || frame.command === command ? { used, answer: data } : { used };
  };
}

export const jbdModuleCommands = { appKey: 0x15, random: 0x17, password: 0x18, root: 0x1d } as const;

const anyBytes = (count: number): string => '..'.repeat(count);

/** What a login asks the module. It knows others, which change passwords and names: none of them is ever sent. */
export const jbdLoginRequests: readonly RequestForm[] = [
  { form: 'ffaa15063030303030303b', does: 'shows the app key, the same for all' },
  { form: 'ffaa170017', does: 'asks for a random byte' },
  {
    form: `ffaa1806${anyBytes(7)}`,
    does: 'shows the password, mixed with address and random byte',
    secret: true,
  },
  { form: `ffaa1d0f${anyBytes(16)}`, does: 'shows the root password, the same for all, mixed likewise' },
];

/** What a module refuses, by its command. */
const refusedPasswords: { readonly [command: number]: string } = {
  21: 'the module refuses the app key',
  24: 'password: the module refuses it',
  29: 'the module refuses the root password',
};
/** What the module answers to a password that it refuses. */
const wrong = 0x01;

/** A captured answer of the module; `request` tells nothing that the answer does not. */
export function jbdModuleVerdict(request: Uint8Array | undefined): Exchange {
  const take: Take = (received) => {
    const taken = takeJbdModule(undefined)(received);
    const refused = taken?.answer?.[0] === wrong ? refusedPasswords[received[2] as number] : undefined;
    if (refused !== undefined) throw new ProtocolError('key', refused);
    return taken;
  };
  return { request: request ?? Uint8Array.of(), take };
}

export const jbdNeedsPairing =
  'the module returns every request unchanged: it wants to be paired with its passkey first';

/** Any captured answer of the board, also to requests that Wattline does not make. */
export function jbdAnswerTo(request: Uint8Array | undefined): Exchange {
  const take: Take = (received) => {
    if (isJbdEcho(received)) throw new ProtocolError('key', jbdNeedsPairing);
    return takeJbd(undefined)(received);
  };
  return { request: request ?? Uint8Array.of(), take };
}
