// Voltronic inverters: requests and answers are lines of text, the same over RS232 and in USB HID reports.
//
//   PI30   QPIGS crc CR         ( data crc CR          (NAK crc CR   (ACK crc CR
//   PI18   ^P005GS crc CR       ^D 106 data crc CR     ^0 crc CR     ^1 crc CR
//
// The three digits of PI18 count what follows them, crc and CR included. crc: CRC-16/XMODEM over all before it, high byte
// first, each of its bytes one higher where it would be (, CR or LF. Some firmware raises 00 to 01 as well: both are
// accepted. Lines end with CR, LF or both; reports are filled up with zeros. Units of one protocol may refuse in the other.
// Voltronic, PI30 Communication Protocol, 2015-09-24, and InfiniSolar V protocol, 2017-09-26.

import { crcXmodem } from '../checksum.ts';
import { type Exchange, ProtocolError, type Session, type Take } from '../session.ts';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const opening = { pi30: 0x28, pi18: 0x5e } as const;
type Protocol = keyof typeof opening;
/** Longer than any answer. */
const lineBytesMax = 512;

/** Nothing but inquiries can be written down: what sets something begins otherwise. */
export type Pi30Inquiry = `Q${string}` | 'VERFW:';
/**
 * Of PI18, with its length and without `^P`; every set command begins with `^S`. The length counts what follows, checksum
 * and CR included, but is 005 in the vendor's text for some whose names are longer: they are sent as they are printed.
 */
export type Pi18Inquiry = `0${string}`;

export interface Waiting {
  readonly timeoutMs: number;
  readonly tries: number;
}

/** The first byte comes after 50 to 500 ms, a long answer takes 0.6 s; waiting less than 4 s loses some. */
const patient: Waiting = { timeoutMs: 5000, tries: 3 };
/** For what many units do not know. */
export const brief: Waiting = { timeoutMs: 4000, tries: 2 };

/** Whether the text of an answer can be that to a question: answers do not say what they answer. */
export type Shape = (data: string) => boolean;

export const askPi30 = (inquiry: Pi30Inquiry, shape: Shape, waiting = patient): Exchange =>
  exchangeOf('pi30', pi30Request(inquiry), shape, waiting);

export const askPi18 = (inquiry: Pi18Inquiry, shape: Shape, waiting = patient): Exchange =>
  exchangeOf('pi18', pi18Request(inquiry), shape, waiting);

/** Both spellings of a request whose checksum has a zero: most units take the raised one, some only the other. */
export const askPi30Either = (inquiry: Pi30Inquiry, shape: Shape) =>
  askEither((zero) => exchangeOf('pi30', pi30Request(inquiry, zero), shape, brief));
export const askPi18Either = (inquiry: Pi18Inquiry, shape: Shape) =>
  askEither((zero) => exchangeOf('pi18', pi18Request(inquiry, zero), shape, brief));

function* askEither(make: (zero: Zero) => Exchange): Session<Uint8Array> {
  const raised = make('raised');
  const kept = make('kept');
  try {
    return yield raised;
  } catch (error) {
    const isSame = raised.request.every((byte, index) => byte === kept.request[index]);
    if (isSame || !(error instanceof ProtocolError) || error.code === 'corrupt') throw error;
  }
  return yield kept;
}

const exchangeOf = (protocol: Protocol, request: Uint8Array, shape: Shape, waiting: Waiting): Exchange => ({
  request,
  take: takeLine(protocol, shape),
  ...waiting,
});

function pi30Request(inquiry: Pi30Inquiry, zero: Zero = 'raised'): Uint8Array {
  return closed(bytesOf(inquiry), zero);
}

function pi18Request(inquiry: Pi18Inquiry, zero: Zero = 'raised'): Uint8Array {
  return closed(bytesOf(`^P${inquiry}`), zero);
}

/** The forms of requests that end with so many digits: any date, any checksum. */
export const pi30Form = (inquiry: Pi30Inquiry, digits: number): string =>
  `${hexOf(bytesOf(inquiry))}${'3.'.repeat(digits)}....0d`;
export const pi18Form = (inquiry: Pi18Inquiry, digits: number): string =>
  `${hexOf(bytesOf(`^P${inquiry}`))}${'3.'.repeat(digits)}....0d`;

type Zero = 'raised' | 'kept';

/** What stands behind a line: its checksum. */
export function voltronicCrc(line: Uint8Array, zero: Zero = 'raised'): Uint8Array {
  const crc = crcXmodem(line);
  return Uint8Array.of(raise(crc >> 8, zero), raise(crc & 0xff, zero));
}

const raise = (byte: number, zero: Zero): number =>
  byte === opening.pi30 || byte === carriageReturn || byte === lineFeed || (byte === 0 && zero === 'raised')
    ? byte + 1
    : byte;

/** A line with checksum and end, ready to be sent. */
export const closed = (line: Uint8Array, zero?: Zero): Uint8Array =>
  Uint8Array.of(...line, ...voltronicCrc(line, zero), carriageReturn);

function takeLine(protocol: Protocol, shape: Shape): Take {
  return (received) => {
    const line = wholeLine(received);
    if (line === undefined || line.text === undefined) return line;
    const { used, text } = line;
    if (text === '(NAK' || text === '^0')
      throw new ProtocolError('refused', `the inverter does not know the request, it answers ${text}`);
    const skipped = protocol === 'pi30' ? 1 : 5;
    const isOurs = protocol === 'pi30' ? text.startsWith('(') : hasItsLength(line);
    if (!isOurs) return { used };
    const data = text.slice(skipped);
    if (!shape(data)) return { used };
    const answer = received.subarray(skipped, text.length);
    last = { answer, data };
    return { used, answer };
  };
}

let last: { readonly answer: Uint8Array; readonly data: string } | undefined;

/** Of the line that was taken last its text is known: it was recognised by it. */
export const textOfAnswer = (answer: Uint8Array): string =>
  last?.answer === answer ? last.data : textOf(answer);

/** The checksum has proven the line; what counts itself wrong is another line. */
function hasItsLength({ text = '' }: Line): boolean {
  if (!text.startsWith('^D')) return false;
  let counted = 0;
  for (let index = 2; index < 5; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return false;
    counted = counted * 10 + digit;
  }
  return counted === text.length - 5 + 3;
}

interface Line {
  readonly used: number;
  /** Without checksum and end; absent of what only fills up. */
  readonly text?: string;
}

function wholeLine(received: Uint8Array): Line | undefined {
  const begin = firstOf(received, opening.pi30, opening.pi18);
  // What fills up, and noise: as much as there is at once.
  if (begin !== 0) return { used: begin < 0 ? received.length : begin };
  const end = firstOf(received, carriageReturn, lineFeed);
  if (end < 0 && received.length <= lineBytesMax) return undefined;
  const line = received.subarray(0, Math.max(end - 2, 0));
  if (end >= 0 && isSummed(line, received)) return { used: end + 1, text: textOf(line) };
  // A REVO may close its refusal with one byte only.
  if (end === 5 && textOf(received.subarray(0, 4)) === '(NAK') return { used: end + 1, text: '(NAK' };
  // Where two programs ask one inverter, an answer is cut off by another one: that may be whole.
  const next = lastOpening(received.subarray(0, end < 0 ? received.length : end));
  throw new ProtocolError(
    'corrupt',
    `the checksum of an answer is wrong: ${shortened(textOf(received.subarray(0, Math.max(end, 0))))}`,
    next > 0 ? next : Math.max(end + 1, 1),
  );
}

function isSummed(line: Uint8Array, received: Uint8Array): boolean {
  const crc = crcXmodem(line);
  return (
    line.length > 0 && fits(received[line.length], crc >> 8) && fits(received[line.length + 1], crc & 0xff)
  );
}

function fits(byte: number | undefined, summed: number): boolean {
  const wanted = raise(summed, 'kept');
  return byte === wanted || (wanted === 0 && byte === 1);
}

/** Where the first of two bytes is; −1: neither is there. */
function firstOf(bytes: Uint8Array, one: number, other: number): number {
  for (let index = 0; index < bytes.length; index++)
    if (bytes[index] === one || bytes[index] === other) return index;
  return -1;
}

const lastOpening = (bytes: Uint8Array): number =>
  Math.max(bytes.lastIndexOf(opening.pi30), bytes.lastIndexOf(opening.pi18));

const shortened = (text: string): string => {
  const visible = text.replace(/[^ -~]/g, '?');
  return visible.length > 40 ? `${visible.slice(0, 40)}…` : visible;
};

/** A captured answer of which nobody says what was asked: only refusals mean something. */
export const anyAnswer =
  (protocol: Protocol) =>
  (request: Uint8Array | undefined): Exchange => ({
    request: request ?? Uint8Array.of(),
    take: takeLine(protocol, () => true),
  });

/** Captured acknowledgements. */
export function acknowledgement(): Exchange {
  const take: Take = (received) => {
    const line = wholeLine(received);
    if (line === undefined || line.text === undefined) return line;
    const { used, text } = line;
    if (text === '(NAK' || text === '^0')
      throw new ProtocolError('refused', `the inverter refused, it answers ${text}`);
    return text === '(ACK' || text === '^1' ? { used, answer: received.subarray(0, text.length) } : { used };
  };
  return { request: Uint8Array.of(), take };
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const ascii = new TextDecoder();
const longBytes = 32;

/** Each byte as the character of its number. */
export const textOf = (bytes: Uint8Array): string =>
  // The decoder begins slowly and is quick in long ones. Spreading bytes would cost more than all the rest of an answer.
  bytes.length >= longBytes && isAscii(bytes)
    ? ascii.decode(bytes)
    : Reflect.apply(String.fromCharCode, undefined, bytes);

function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (let index = 0; index < bytes.length; index++) all |= bytes[index] as number;
  return all < 0x80;
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
