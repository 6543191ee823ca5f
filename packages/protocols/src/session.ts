// Conversations without I/O: what is asked, how an answer is recognised, and the four ways in which it fails.

/**
 * `corrupt`: bytes that the protocol forbids · `refused`: the device said no · `silent`: no whole answer ·
 * `key`: the secret does not fit the device.
 */
export type ProtocolErrorCode = 'corrupt' | 'refused' | 'silent' | 'key';

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
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
  readonly timeoutMs?: number;
}

/** Yields questions and is resumed with their answers. */
export type Session<Result> = Generator<Exchange, Result, Uint8Array>;

/** What is left after stepping over everything that is no answer, and the answer if there is one. */
export interface Taken<Answer> {
  readonly answer?: Answer;
  readonly rest: Uint8Array;
  /** Bytes stepped over one by one because they can never become a frame. */
  readonly skipped: number;
}

/** Takes the first answer out of what was received: over foreign frames as a whole, over noise byte by byte. */
export function takeOrSkip<Answer>(take: Take<Answer>, received: Uint8Array): Taken<Answer> {
  let rest = received;
  let skipped = 0;
  while (rest.length > 0) {
    let taken: ReturnType<Take<Answer>>;
    try {
      taken = take(rest);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'corrupt') throw error;
      rest = rest.subarray(1);
      skipped++;
      continue;
    }
    if (taken === undefined) break;
    rest = rest.subarray(taken.used);
    if (taken.answer !== undefined) return { answer: taken.answer, rest, skipped };
  }
  return { rest, skipped };
}
