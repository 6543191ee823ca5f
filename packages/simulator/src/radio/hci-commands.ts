// The HCI commands that a central needs, as a Bluetooth 4.2 controller answers them.
// Bluetooth Core Specification, Vol 4 Part E, 7.1 to 7.8; operation codes are group << 10 | command.

import type { Connections, PendingConnection } from './connections.ts';
import { peripheralKey } from './connections.ts';
import { addressBytes, addressText, u8, u16 } from './hci-bytes.ts';

/** What commands change and advertising events look at. */
export interface RadioState {
  scan: { readonly filtersDuplicates: boolean } | undefined;
  /** Scan requests are sent, so that scan responses come. */
  scanIsActive: boolean;
  scansAcceptListOnly: boolean;
  readonly acceptList: Set<string>;
  /** For the duplicate filter. */
  readonly seen: Set<string>;
  pending: PendingConnection | undefined;
}

export interface CommandSurroundings {
  readonly address: string;
  readonly aclBytesMax: number;
  readonly aclPacketsMax: number;
  readonly state: RadioState;
  readonly connections: Connections;
  readonly event: (code: number, parameters: Buffer) => void;
  readonly scanChanged: (scanning: boolean) => void;
  readonly random: () => number;
}

export const resetCode = 0x0c03;

const unknownCommand = 0x01;
const noConnection = 0x02;
const alreadyConnected = 0x0b;
const disallowed = 0x0c;

/** Version 4.2 of a maker that no host has special code for: hosts then use the legacy commands. */
const version42 = Buffer.concat([u8(0x08), u16(0), u8(0x08), u16(0x05f1, 0)]);

const supportedCommands = Buffer.alloc(64);
for (const [octet, bits] of [
  [0, 0x20],
  [2, 0x80],
  [5, 0xc0],
  [14, 0xa8],
  [15, 0x22],
  [25, 0xf7],
  [26, 0xff],
  [27, 0xff],
  [28, 0x09],
] as const) {
  supportedCommands[octet] = bits;
}

const constants = new Map([
  [0x1001, version42],
  [0x1002, supportedCommands],
  // LE is supported, classic Bluetooth is not.
  [0x1003, Buffer.from('0000000060000000', 'hex')],
  [0x1005, Buffer.concat([u16(0), u8(0), u16(0, 0)])],
  [0x2003, Buffer.from('0100000000000000', 'hex')],
  [0x2007, u8(0)],
  [0x200f, u8(16)],
  [0x201c, Buffer.from('ffff3f1f00000000', 'hex')],
  [0x0c6c, u8(1, 0)],
  [0x0c14, Buffer.alloc(248)],
]);

/** Answered with success and nothing else. */
const accepted = new Set([
  0x0c01, 0x0c05, 0x0c13, 0x0c63, 0x0c6d, 0x0c31, 0x0c33, 0x2001, 0x2005, 0x2006, 0x2008, 0x2009, 0x200a,
  0x2022,
]);

/** Carries out one command of the host. */
export function runCommand(code: number, parameters: Buffer, surroundings: CommandSurroundings): void {
  const { event } = surroundings;
  const outcome =
    fixedAnswer(code, surroundings) ??
    scanCommand(code, parameters, surroundings) ??
    linkCommand(code, parameters, surroundings) ??
    ({ reply: 'complete', status: unknownCommand } as const);
  if (outcome.reply === 'complete') {
    event(0x0e, Buffer.concat([u8(1), u16(code), u8(outcome.status), outcome.result ?? Buffer.alloc(0)]));
  } else {
    event(0x0f, Buffer.concat([u8(outcome.status, 1), u16(code)]));
  }
  outcome.afterwards?.();
}

interface Outcome {
  readonly reply: 'complete' | 'status';
  readonly status: number;
  readonly result?: Buffer;
  /** What follows the reply. */
  readonly afterwards?: () => void;
}

const completed = (result?: Buffer): Outcome => ({
  reply: 'complete',
  status: 0,
  ...(result === undefined ? {} : { result }),
});

function fixedAnswer(code: number, surroundings: CommandSurroundings): Outcome | undefined {
  const { address, aclBytesMax, aclPacketsMax } = surroundings;
  if (code === 0x1009) return completed(addressBytes(address));
  if (code === 0x2002) return completed(Buffer.concat([u16(aclBytesMax), u8(aclPacketsMax)]));
  const constant = constants.get(code);
  return constant || accepted.has(code) ? completed(constant) : undefined;
}

function scanCommand(
  code: number,
  parameters: Buffer,
  surroundings: CommandSurroundings,
): Outcome | undefined {
  const { state, connections, scanChanged } = surroundings;
  const listed = (): string => peripheralKey(parameters[0] ?? 0, addressText(parameters.subarray(1, 7)));
  switch (code) {
    case resetCode:
      state.scan = undefined;
      state.pending = undefined;
      state.acceptList.clear();
      connections.reset();
      return { ...completed(), afterwards: () => scanChanged(false) };
    case 0x2018:
      return completed(u8(...Array.from({ length: 8 }, () => surroundings.random() * 256)));
    case 0x2010:
      state.acceptList.clear();
      return completed();
    case 0x2011:
      state.acceptList.add(listed());
      return completed();
    case 0x2012:
      state.acceptList.delete(listed());
      return completed();
    case 0x200b:
      if (state.scan) return { reply: 'complete', status: disallowed };
      state.scanIsActive = parameters[0] === 1;
      state.scansAcceptListOnly = ((parameters[6] ?? 0) & 1) === 1;
      return completed();
    case 0x200c:
      state.seen.clear();
      state.scan = parameters[0] === 1 ? { filtersDuplicates: parameters[1] === 1 } : undefined;
      return { ...completed(), afterwards: () => scanChanged(state.scan !== undefined) };
    default:
      return undefined;
  }
}

function linkCommand(
  code: number,
  parameters: Buffer,
  surroundings: CommandSurroundings,
): Outcome | undefined {
  const { state, connections, event } = surroundings;
  const handle = parameters.subarray(0, 2);
  const accept = (...events: [code: number, parameters: Buffer][]): Outcome => ({
    reply: 'status',
    status: 0,
    afterwards: () => {
      for (const [number, bytes] of events) event(number, bytes);
    },
  });
  switch (code) {
    case 0x200d: {
      const key = peripheralKey((parameters[5] ?? 0) & 1, addressText(parameters.subarray(6, 12)));
      if (state.pending) return { reply: 'status', status: disallowed };
      if (connections.has(key)) return { reply: 'status', status: alreadyConnected };
      state.pending = {
        key,
        fromAcceptList: parameters[4] === 1,
        interval: parameters.readUInt16LE(15),
        latency: parameters.readUInt16LE(17),
        timeout: parameters.readUInt16LE(19),
      };
      return accept();
    }
    case 0x200e:
      if (!state.pending) return { reply: 'complete', status: disallowed };
      state.pending = undefined;
      return {
        ...completed(),
        afterwards: () => event(0x3e, Buffer.concat([u8(0x01, noConnection), Buffer.alloc(17)])),
      };
    case 0x2013:
      return accept([0x3e, Buffer.concat([u8(0x03, 0), handle, parameters.subarray(4, 10)])]);
    case 0x2016:
      return accept([0x3e, Buffer.concat([u8(0x04, 0), handle, Buffer.from('0100000000000000', 'hex')])]);
    case 0x041d:
      return accept([0x0c, Buffer.concat([u8(0), handle, u8(0x08), u16(0x05f1, 0)])]);
    case 0x1405:
      return completed(Buffer.concat([handle, u8(0xc4)]));
    case 0x0406: {
      const number = handle.readUInt16LE(0);
      return { reply: 'status', status: 0, afterwards: () => connections.disconnect(number) };
    }
    default:
      return undefined;
  }
}
