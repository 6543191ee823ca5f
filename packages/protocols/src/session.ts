// Conversations without I/O: what is asked, how an answer is recognised, and the four ways in which it fails.

/**
 * `corrupt`: bytes that the protocol forbids · `refused`: the device said no · `silent`: no whole answer ·
 * `key`: the secret does not fit the device.
 */
export type ProtocolErrorCode = 'corrupt' | 'refused' | 'silent' | 'key';

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  /** Bytes at the head that are lost together: a damaged frame whose end is known. 0: nobody knows. */
  readonly lostBytes: number;

  constructor(code: ProtocolErrorCode, message: string, lostBytes = 0) {
    // What a device did, no bug of ours: each byte of noise is one, and a stack would cost more than all the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'ProtocolError';
    this.code = code;
    this.lostBytes = lostBytes;
  }
}

/**
 * Looks at the head of everything received so far. `undefined`: not a whole frame yet. Without `answer`: `used` bytes
 * are whole, but not ours (a foreign frame).
 *
 * @throws ProtocolError `corrupt` when the head can never become a frame, `refused` when the device declined.
 */
export type Take<Answer = Uint8Array> = (
  received: Uint8Array,
) => { readonly used: number; readonly answer?: Answer } | undefined;

/** One question on a link. */
export interface Exchange<Answer = Uint8Array> {
  readonly request: Uint8Array;
  readonly take: Take<Answer>;
  /** How long one try waits for the answer. */
  readonly timeoutMs?: number;
  /** How often it is asked before it counts as silent. */
  readonly tries?: number;
  /** The answer is one chunk; an empty one says that the device does not have what was asked for. */
  readonly isOneChunk?: true;
}

/**
 * Yields questions and is resumed with their answers. A question that fails is thrown into it as `ProtocolError`: who
 * catches it goes on, who does not ends with it.
 */
export type Session<Result> = Generator<Exchange, Result, Uint8Array>;

/** What is left after stepping over everything that is no answer, and the answer if there is one. */
interface Taken<Answer> {
  readonly answer?: Answer;
  readonly rest: Uint8Array;
  /** Bytes stepped over one by one because they can never become a frame. */
  readonly skipped: number;
  /** Error texts of the damaged frames stepped over. */
  readonly damaged: readonly string[];
}

/**
 * Takes the first answer out of what was received: over foreign and damaged frames as a whole, over noise byte by byte.
 * A damaged frame must not be searched for another one inside: with checksums of one byte one would soon be found.
 */
export function takeOrSkip<Answer>(take: Take<Answer>, received: Uint8Array): Taken<Answer> {
  let rest = received;
  let skipped = 0;
  const damaged: string[] = [];
  while (rest.length > 0) {
    let taken: ReturnType<Take<Answer>>;
    try {
      taken = take(rest);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'corrupt') throw error;
      if (error.lostBytes > 0) damaged.push(error.message);
      else skipped++;
      rest = rest.subarray(Math.max(error.lostBytes, 1));
      continue;
    }
    if (taken === undefined) break;
    rest = taken.used === rest.length ? nothing : rest.subarray(taken.used);
    if (taken.answer !== undefined) return { answer: taken.answer, rest, skipped, damaged };
  }
  return { rest, skipped, damaged };
}

const nothing = new Uint8Array(0);

/** Chunks as one. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    joined.set(chunk, end);
    end += chunk.length;
  }
  return joined;
}
