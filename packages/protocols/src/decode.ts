// One request of `decode --jsonl` to its answer: captured bytes of any definition, without a device.
// Bad requests and bad bytes are answers too; nothing thrown leaves this file.

import { decodeAnswers } from './decode-answers.ts';
import type { CanFrame, Decoded, DeviceDefinition, Ignored, StreamContent } from './device.ts';
import { definitions } from './devices/index.ts';
import type { Values } from './field.ts';
import { joinChunks, ProtocolError, type ProtocolErrorCode } from './session.ts';

/** `ignored`: sound, but no reading · `usage`: the request is wrong · the others as in `ProtocolErrorCode`. */
type DecodeErrorCode = ProtocolErrorCode | 'ignored' | 'usage';

export type DecodeAnswer =
  | { readonly id: unknown; readonly definition: string; readonly record: string; readonly values: Values }
  | {
      readonly id: unknown;
      readonly definition: string;
      readonly readings: readonly { readonly record: string; readonly values: Values }[];
    }
  | {
      readonly id: unknown;
      readonly error: { readonly code: DecodeErrorCode; readonly message: string };
    };

class DecodeError extends Error {
  readonly code: DecodeErrorCode;

  constructor(code: DecodeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One line of standard input to one line of standard output. */
export function decodeLine(line: string): string {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return JSON.stringify({ id: null, error: { code: 'usage', message: 'the line is not JSON' } });
  }
  return JSON.stringify(decodeRequest(request));
}

/** Never throws: what is wrong with the request or its bytes is in the answer. */
export function decodeRequest(request: unknown): DecodeAnswer {
  const fields: { readonly [name: string]: unknown } = isObject(request) ? request : {};
  const id = fields['id'] ?? null;
  try {
    if (!isObject(request)) throw new DecodeError('usage', 'a request is one JSON object');
    return { id, ...decode(fields) };
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof ProtocolError)) throw error;
    return { id, error: { code: error.code, message: error.message } };
  }
}

function decode(request: { readonly [name: string]: unknown }) {
  const definition = definitionOf(request['definition']);
  const record = recordOf(definition, request['record']);
  const secret = secretOf(definition, request['secret']);
  const question = request['request'] === undefined ? undefined : bytesOf('request', request['request']);
  const readings = readingsOf(definition, { bytes: request['bytes'], record, question, secret })
    .filter((reading) => record === undefined || reading.record === record || definition.ask !== undefined)
    .map(({ record, values, family }) => ({ reading: { record, values }, family }));
  const [first] = readings;
  if (first === undefined) throw new DecodeError('ignored', `the bytes are of another record than ${record}`);
  const id = first.family ?? definition.id;
  return readings.length === 1
    ? { definition: id, ...first.reading }
    : { definition: id, readings: readings.map(({ reading }) => reading) };
}

interface Given {
  /** As the request has them: hex, a list of hex, or for a bus a list of frames. */
  readonly bytes: unknown;
  readonly record: string | undefined;
  /** What was sent. */
  readonly question: Uint8Array | undefined;
  readonly secret: Uint8Array | undefined;
}

function readingsOf(definition: DeviceDefinition, given: Given): readonly Decoded[] {
  const { hear, readStream, readFrames, ask, media } = definition;
  if (readFrames !== undefined) return readingsIn(readFrames(framesOf(given.bytes)), 'frame');
  const chunks = chunksOf(given.bytes);
  if (hear !== undefined) {
    const source = media.find((medium) => medium.medium === 'advertisement')?.company ?? 0;
    return heardIn(chunks, (payload) => hear.decode({ source, payload }, given.secret));
  }
  const bytes = joinChunks(chunks);
  if (readStream !== undefined) return readingsIn(readStream(bytes), 'whole block');
  if (ask === undefined)
    throw new DecodeError('usage', `${definition.id} cannot be decoded from bytes alone`);
  const { record, question: request } = given;
  const answers = decodeAnswers(definition, {
    bytes,
    ...(record === undefined ? {} : { record }),
    ...(request === undefined ? {} : { request }),
  });
  if ('readings' in answers) return answers.readings;
  if ('ignored' in answers) throw new DecodeError('ignored', answers.ignored);
  throw new DecodeError('usage', answers.unclear);
}

function readingsIn({ readings, corrupt, ignored }: StreamContent, unit: string): readonly Decoded[] {
  if (readings.length > 0) return readings;
  const [why] = ignored;
  if (why !== undefined) throw new DecodeError('ignored', why);
  const [damage] = corrupt;
  if (damage !== undefined) throw new DecodeError('corrupt', damage);
  throw new DecodeError('silent', `no ${unit} in the bytes`);
}

/** Each entry is one advertisement. Those that cannot be read are left out; if none can, the first says why. */
function heardIn(
  packets: readonly Uint8Array[],
  hear: (payload: Uint8Array) => Decoded | Ignored,
): readonly Decoded[] {
  const readings: Decoded[] = [];
  let why: DecodeError | ProtocolError | undefined;
  for (const payload of packets) {
    try {
      const decoded = hear(payload);
      if ('ignored' in decoded) throw new DecodeError('ignored', decoded.ignored);
      readings.push(decoded);
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof ProtocolError)) throw error;
      why ??= error;
    }
  }
  if (readings.length > 0) return readings;
  throw why ?? new DecodeError('silent', 'no advertisement in the bytes');
}

function definitionOf(name: unknown): DeviceDefinition {
  const definition = definitions.find(({ id }) => id === name);
  if (definition !== undefined) return definition;
  const known = definitions.map(({ id }) => id).join(', ');
  const found = name === undefined ? 'is missing' : `${shown(name)} is none`;
  throw new DecodeError('usage', `definition: ${found}; there are ${known}`);
}

function recordOf({ id, records }: DeviceDefinition, name: unknown): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name === 'string' && Object.hasOwn(records, name)) return name;
  throw new DecodeError(
    'usage',
    `record: ${id} has no ${shown(name)}; it has ${Object.keys(records).join(', ')}`,
  );
}

function secretOf({ secret }: DeviceDefinition, given: unknown): Uint8Array | undefined {
  if (given === undefined || secret === undefined) return undefined;
  const { setting, hexDigits } = secret;
  if (typeof given !== 'string') throw new DecodeError('usage', `secret: the ${setting} is a text`);
  if (hexDigits === undefined) return new TextEncoder().encode(given);
  if (given.length !== hexDigits)
    throw new DecodeError('usage', `secret: the ${setting} has ${given.length} hex digits, not ${hexDigits}`);
  return bytesOf('secret', given);
}

/** Of one request: minutes of any link. Each chunk counts as one more. */
const bytesMax = 65_536;

const tooMuch = (): DecodeError =>
  new DecodeError('usage', `at most ${bytesMax} bytes can be decoded in one request; ask for parts of them`);

function chunksOf(given: unknown): readonly Uint8Array[] {
  if (typeof given === 'string') return chunksOf([given]);
  if (Array.isArray(given)) {
    const chunks = given.map((chunk) => bytesOf('bytes', chunk));
    const bytes = chunks.reduce((sum, { length }) => sum + length, chunks.length);
    if (bytes > bytesMax) throw tooMuch();
    return chunks;
  }
  throw new DecodeError('usage', 'bytes: a text of hex digits, or a list of them, is missing');
}

function framesOf(given: unknown): readonly CanFrame[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  if (list.length === 0) throw new DecodeError('usage', 'bytes: a list of frames {"id", "data"} is missing');
  if (list.length > bytesMax) throw tooMuch();
  return list.map((frame) => {
    const { id, data } = isObject(frame) ? frame : {};
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 2 ** 29)
      throw new DecodeError('usage', `bytes: a frame's id is a number of at most 29 bits, not ${shown(id)}`);
    return { id, data: bytesOf('bytes', data) };
  });
}

function bytesOf(name: string, hex: unknown): Uint8Array {
  if (typeof hex === 'string' && hex.length > 2 * bytesMax) throw tooMuch();
  if (typeof hex !== 'string' || hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex))
    throw new DecodeError('usage', `${name}: two hex digits a byte are expected, not ${shown(hex)}`);
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

const isObject = (given: unknown): given is { readonly [name: string]: unknown } =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

/** A value of the request for an error text: as JSON, shortened. */
function shown(given: unknown): string {
  const text = JSON.stringify(given) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
