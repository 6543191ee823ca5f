// Modbus RTU, as devices speak it on serial lines and, without any wrapping, over Bluetooth.
//
//   read     unit 03 register(2) words(2) crc(2)
//   answer   unit 03 bytes data crc(2)               bytes = 2 × words
//   refusal  unit 83 code crc(2)
//
// MODBUS over serial line, V1.02; application protocol, V1.1b3. The CRC goes low byte first. An answer does not name its
// register: unit, function and length are all that tells it from another one.

import { crcModbus } from '../checksum.ts';
import type { RecordDefinition } from '../device.ts';
import { registersAt } from '../registers.ts';
import { type Exchange, joinChunks, ProtocolError, type Session, type Take } from '../session.ts';

const readHolding = 0x03;
const readInput = 0x04;
const refused = 0x80;
const overhead = 5;
/** What is answered to anything but reading: address and value, or address and count. */
const echoBytes = 8;

const refusals: { readonly [code: number]: string } = {
  1: 'it does not know the function',
  2: 'it does not have such a register',
  3: 'so many registers are too many at once',
  4: 'it failed to read it',
  5: 'it found the checksum of the request wrong',
};

/**
 * Reads registers. The answer holds them with their addresses. Modules lose an answer now and then; a device that has one
 * to give sends it within a second.
 */
export const readRegisters = (unit: number, address: number, words: number): Exchange => ({
  request: withCrc(unit, readHolding, address >> 8, address & 0xff, words >> 8, words & 0xff),
  take: takeRegisters(unit, readHolding, address, words),
  timeoutMs: 2000,
  tries: 3,
});

function withCrc(...bytes: readonly number[]): Uint8Array {
  const crc = crcModbus(Uint8Array.from(bytes));
  return Uint8Array.of(...bytes, crc & 0xff, crc >> 8);
}

function takeRegisters(unit: number, code: number, address: number, words: number): Take {
  const take = takeFrame(unit, code, overhead + 2 * words, 2 * words);
  return (received) => {
    const frame = take(received);
    if (frame?.answer === undefined) return frame;
    return { used: frame.used, answer: registersAt(address, frame.answer.subarray(3, 3 + 2 * words)) };
  };
}

/** The whole frame that answers, or its refusal. */
function takeFrame(unit: number, code: number, bytes: number, third?: number): Take {
  return (received) => {
    const told = received[1];
    const next = received[2];
    if (received[0] !== unit || (told !== undefined && told !== code && told !== (code | refused)))
      return toNext(received, unit);
    if (told === undefined || next === undefined) return undefined;
    const isRefusal = told !== code;
    if (!isRefusal && third !== undefined && next !== third) return toNext(received, unit);
    const used = isRefusal ? overhead : bytes;
    if (received.length < used) return undefined;
    const frame = received.subarray(0, used);
    const crc = crcModbus(frame, used - 2);
    // Something else may have begun like an answer: the next frame may begin inside.
    if (frame[used - 2] !== (crc & 0xff) || frame[used - 1] !== crc >> 8)
      throw new ProtocolError('corrupt', 'the checksum of a Modbus answer is wrong', 1);
    if (isRefusal) throw new ProtocolError('refused', explainRefusal(unit, next));
    return { used, answer: frame };
  };
}

/** Over bytes that are no answer, to the next that may begin one: all at once, as a line may be full of them. */
function toNext(received: Uint8Array, unit: number): { readonly used: number } {
  const next = received.indexOf(unit, 1);
  return { used: next < 0 ? received.length : next };
}

const explainRefusal = (unit: number, code: number): string =>
  `Modbus unit ${unit} refuses: ${refusals[code] ?? 'it gives a reason that the protocol does not name'} (exception ${code})`;

/** Which registers a request reads; `undefined`: it does something else. */
function registersAskedBy(
  request: Uint8Array,
):
  | { readonly unit: number; readonly code: number; readonly address: number; readonly words: number }
  | undefined {
  const [unit = 0, code = 0, high = 0, low = 0, wordsHigh = 0, words = 0] = request;
  const isReading = request.length === 8 && (code === readHolding || code === readInput) && wordsHigh === 0;
  return isReading && words > 0 && words <= 125
    ? { unit, code, address: (high << 8) | low, words }
    : undefined;
}

/** The answer to any captured request, also to those that Wattline does not make; one that writes is answered by its echo. */
export function modbusAnswerTo(request: Uint8Array | undefined): Exchange | undefined {
  const [unit, code] = request ?? [];
  if (request === undefined || unit === undefined || code === undefined) return undefined;
  const read = registersAskedBy(request);
  const take =
    read === undefined
      ? takeFrame(unit, code, echoBytes)
      : takeRegisters(read.unit, read.code, read.address, read.words);
  return { request, take };
}

interface RegisterBlock {
  readonly address: number;
  readonly words: number;
}

/**
 * A record that is read in blocks: the first at each poll, the others once per connection. One of those that the device
 * refuses or does not answer is left out. Captured answers may be to any unit and any part of the blocks.
 */
export function readBlocks(
  unit: number,
  first: RegisterBlock,
  ...others: readonly RegisterBlock[]
): Pick<RecordDefinition<Uint8Array>, 'asked' | 'requests' | 'answers' | 'isAskedBy'> {
  const exchangeOf = ({ address, words }: RegisterBlock) => readRegisters(unit, address, words);
  const blocks = [first, ...others];
  return {
    *asked({ settled }): Session<Uint8Array> {
      const told = [yield exchangeOf(first)];
      for (const block of others) {
        const name = nameOf(block);
        if (settled.has(name)) continue;
        settled.add(name);
        try {
          told.push(yield exchangeOf(block));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }
      return joinChunks(told);
    },
    requests: blocks.map((block) => ({
      form: hexOf(exchangeOf(block).request),
      does: `reads ${nameOf(block)}${block === first ? '' : ', once per connection'}`,
    })),
    answers: (request) => modbusAnswerTo(request) ?? exchangeOf(first),
    isAskedBy: (request) => {
      const asked = registersAskedBy(request);
      return asked !== undefined && blocks.some((block) => overlap(asked, block));
    },
  };
}

const overlap = (a: RegisterBlock, b: RegisterBlock): boolean =>
  a.address < b.address + b.words && b.address < a.address + a.words;

function nameOf({ address, words }: RegisterBlock): string {
  const [first, last] = [address, address + words - 1].map((each) => hexOf(Uint8Array.of(each >> 8, each)));
  return words === 1 ? `register ${first}` : `registers ${first} to ${last}`;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
