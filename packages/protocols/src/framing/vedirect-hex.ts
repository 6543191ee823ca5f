// VE.Direct HEX mode: questions and answers between the bytes of the text.
//
//   : command data… check LF      command is one hex digit, everything else two digits a byte; low byte first
//
// Command, data and check sum to 0x55. Get is `:7 id flags`, answered with the same and the value; `:A id flags value` comes
// unasked. Victron, "BlueSolar and SmartSolar MPPT chargers HEX protocol", rev 18.

import { sum8 } from '../checksum.ts';
import type { RequestForm } from '../device.ts';
import { type Exchange, ProtocolError, type Take } from '../session.ts';

/** The commands that may be sent; 6 restarts and 8 sets, neither ever is. */
const commands = { version: 0x3, product: 0x4, get: 0x7 } as const;
const answers = { done: 0x1, unknown: 0x3, frameError: 0x4, ping: 0x5, get: 0x7, asynchronous: 0xa } as const;

/** The longest known frame has 80 bytes. */
const frameBytesMax = 150;
const colon = 0x3a;
const lineFeed = 0x0a;

/** Versions and product ids have no register: among registers they stand under the command that asks for them. */
export const versionRegister = commands.version;
export const productRegister = commands.product;

interface HexFrame {
  readonly command: number;
  readonly data: Uint8Array;
}

/** Steps over text to the next colon, and over a colon of the text to what is no digit behind it. */
function takeFrame(received: Uint8Array): { readonly used: number; readonly frame?: HexFrame } | undefined {
  if (received[0] !== colon) {
    const start = received.indexOf(colon);
    return { used: start < 0 ? received.length : start };
  }
  let end = 1;
  while (end < received.length && digitOf(received[end] as number) !== undefined) {
    if (end === frameBytesMax) return { used: end };
    end++;
  }
  if (end === received.length) return undefined;
  if (received[end] !== lineFeed) return { used: end };
  const used = end + 1;
  if (end < 4 || end % 2 !== 0) return { used };
  const digitAt = (at: number): number => digitOf(received[at] as number) ?? 0;
  const command = digitAt(1);
  const bytes = new Uint8Array((end - 2) / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = 16 * digitAt(2 + 2 * at) + digitAt(3 + 2 * at);
  if (((command + sum8(bytes)) & 0xff) !== 0x55)
    throw new ProtocolError('corrupt', 'the check byte of a VE.Direct HEX frame is wrong', used);
  return { used, frame: { command, data: bytes.subarray(0, -1) } };
}

/** Lower case is accepted. */
function digitOf(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x41 + 10 : undefined;
}

function formatFrame(command: number, ...data: readonly number[]): Uint8Array {
  const check = (0x55 - command - sum8(Uint8Array.from(data))) & 0xff;
  const text = [...data, check].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return new TextEncoder().encode(`:${command.toString(16)}${text}\n`.toUpperCase());
}

/** One register and its value, as payloads hold them side by side: id(2, low byte first) length(1) value. */
export const stretchOf = (id: number, value: Uint8Array): Uint8Array =>
  Uint8Array.of(id & 0xff, id >> 8, value.length, ...value);

const idOf = (data: Uint8Array): number => (data[0] ?? 0) + 256 * (data[1] ?? 0);

/** A device answers within some tens of ms, between its blocks of text. */
const patience = { timeoutMs: 1000, tries: 2 } as const;

/** What a frame means to the question; without an answer it is none of it. */
type Meaning = (frame: HexFrame) => Uint8Array | undefined;

function exchangeOf(request: Uint8Array, meaning: Meaning): Exchange {
  const take: Take = (received) => {
    const taken = takeFrame(received);
    if (taken?.frame === undefined) return taken;
    const answer = meaning(taken.frame);
    return answer === undefined ? { used: taken.used } : { used: taken.used, answer };
  };
  return { request, take, ...patience };
}

/** @param heard a register that came unasked while the answer was awaited; the same one may be handed over again */
export function getRegister(id: number, heard: (register: Uint8Array) => void = () => {}): Exchange {
  return exchangeOf(formatFrame(commands.get, id & 0xff, id >> 8, 0), ({ command, data }) => {
    if (command === answers.asynchronous && isTold(data)) heard(stretchOf(idOf(data), data.subarray(3)));
    refuse(command, data, id);
    return command === answers.get && idOf(data) === id ? stretchOf(id, data.subarray(3)) : undefined;
  });
}

const isTold = (data: Uint8Array): boolean => data.length > 3 && data[2] === 0;

/** @throws ProtocolError `refused` when the frame says no to a get, of this register or of any with `undefined`. */
function refuse(command: number, data: Uint8Array, id?: number): void {
  if (command === answers.unknown)
    throw new ProtocolError('refused', `the device does not know the command ${data[0] ?? '?'}`);
  if (command === answers.frameError)
    throw new ProtocolError('refused', 'the device found the request damaged');
  const flags = command === answers.get && (id ?? idOf(data)) === idOf(data) ? (data[2] ?? 0) : 0;
  if (flags !== 0) throw new ProtocolError('refused', `register ${nameOf(idOf(data))}: ${whyOf(flags)}`);
}

const nameOf = (id: number): string => `0x${id.toString(16).toUpperCase().padStart(4, '0')}`;

function whyOf(flags: number): string {
  if (flags & 0x01) return 'the device does not have it';
  return flags & 0x02 ? 'it cannot be read now' : 'the device refuses its parameters';
}

/** Asks for the version or the product id, which `:1` answers without saying which. */
export const askHex = (register: typeof versionRegister | typeof productRegister): Exchange =>
  exchangeOf(formatFrame(register), ({ command, data }) => {
    refuse(command, data, register);
    return command === answers.done ? stretchOf(register, data) : undefined;
  });

/** Whether bytes are a question in HEX, of any program. */
export const isHexRequest = (request: Uint8Array): boolean => request[0] === colon;

/** The registers in captured frames, asked for or not; other frames tell none. */
export function registersIn(request: Uint8Array | undefined, isKnown: (id: number) => boolean): Exchange {
  const asked = request === undefined ? undefined : digitOf(request[1] ?? 0);
  return exchangeOf(request ?? Uint8Array.of(), ({ command, data }) => {
    refuse(command, data);
    if (command === answers.ping) return stretchOf(versionRegister, data);
    if (command === answers.done && (asked === versionRegister || asked === productRegister))
      return stretchOf(asked, data);
    const hasRegister = command === answers.get || command === answers.asynchronous;
    return hasRegister && isTold(data) && isKnown(idOf(data))
      ? stretchOf(idOf(data), data.subarray(3))
      : undefined;
  });
}

/** Any captured frame. */
export const anyHexFrame = (request: Uint8Array | undefined): Exchange =>
  exchangeOf(request ?? Uint8Array.of(), ({ data }) => data);

const inHex = (text: string): string =>
  Array.from(text, (character) =>
    character === '.' ? '..' : character.charCodeAt(0).toString(16).padStart(2, '0'),
  ).join('');

export const hexRequests: readonly RequestForm[] = [
  { form: inHex(':7....00..\n'), does: 'gets the value of one register' },
  { form: inHex(':352\n'), does: 'asks for the version, once per connection' },
  { form: inHex(':451\n'), does: 'asks for the product id, where its register is not known' },
];
