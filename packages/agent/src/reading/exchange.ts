// Carries a conversation over a link: one question at a time, each with its deadline and its tries; what is not its answer
// is stepped over. Nothing is written that the definition does not list.

import {
  type Exchange,
  fitsForm,
  joinChunks,
  ProtocolError,
  type Session,
  takeOrSkip,
} from '@wattline/protocols';
import type { Link } from '../transport.ts';
import type { StartTimer } from './pacer.ts';

export interface Carrier {
  readonly link: Link;
  /** Forms of all requests that may be written. */
  readonly forms: readonly string[];
  /** Answers say what they answer. */
  readonly namesQuestion: boolean;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** An answer has come. */
  readonly answered?: () => void;
  /** An answer came after its question had been asked again: others may still come, hardly for longer than that. */
  readonly late?: (forMs: number) => void;
  /** A damaged frame was stepped over. */
  readonly damaged?: (message: string) => void;
}

const timeoutMsDefault = 1000;
const triesDefault = 1;
/** Of bytes that may still become an answer: longer than any. */
const receivedBytesMax = 8192;

/**
 * Runs a conversation to its end. What fails is thrown into it, so that it can go on without.
 *
 * @throws ProtocolError what the conversation does not catch · TransportError when the link is lost · the signal's
 * reason when it aborts
 */
export async function runSession<Result>(session: Session<Result>, carrier: Carrier): Promise<Result> {
  let step = session.next();
  while (!step.done) {
    let answer: Uint8Array;
    try {
      answer = await runExchange(step.value, carrier);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      step = session.throw(error);
      continue;
    }
    step = session.next(answer);
  }
  return step.value;
}

async function runExchange(exchange: Exchange, carrier: Carrier): Promise<Uint8Array> {
  // Our own bug, and the one that must never reach a device.
  if (!fitsForm(exchange.request, carrier.forms))
    throw new Error(
      `${Buffer.from(exchange.request).toString('hex')} is no request that the definition lists`,
    );
  const { timeoutMs = timeoutMsDefault, tries = triesDefault } = exchange;
  let lastDamage: string | undefined;
  const damaged = (message: string): void => {
    lastDamage = message;
    carrier.damaged?.(message);
  };
  for (let attempt = 1; attempt <= tries; attempt++) {
    const answer = await within(timeoutMs, carrier, (signal) =>
      askOnce(exchange, carrier.link, signal, damaged),
    );
    if (answer === undefined) continue;
    carrier.answered?.();
    // The answer to another try may still be on its way, and would be taken for that to the next question, or the next poll.
    if (attempt > 1 && carrier.namesQuestion) carrier.late?.(2 * timeoutMs);
    else if (attempt > 1) {
      await within(timeoutMs, carrier, (signal) => drain(carrier.link, signal));
      carrier.late?.(timeoutMs);
    }
    return answer;
  }
  if (lastDamage !== undefined) throw new ProtocolError('corrupt', lastDamage);
  const times = tries === 1 ? '' : ` ${tries} times`;
  throw new ProtocolError('silent', `no answer within ${timeoutMs / 1000} s${times}`);
}

async function askOnce(
  { request, take, isOneChunk }: Exchange,
  link: Link,
  signal: AbortSignal,
  damaged: (message: string) => void,
): Promise<Uint8Array> {
  await link.write(request);
  let received: Uint8Array = new Uint8Array();
  for (;;) {
    const chunk = await link.read(signal);
    if (isOneChunk && chunk.length === 0)
      throw new ProtocolError('refused', 'the device does not have what was asked for');
    received = joinChunks([received, chunk]);
    const taken = takeOrSkip(take, received);
    for (const message of taken.damaged) damaged(message);
    if (taken.answer !== undefined) return taken.answer;
    received = taken.rest;
    if (received.length > receivedBytesMax)
      throw new ProtocolError('corrupt', `${received.length} bytes came and are no whole answer`);
  }
}

async function drain(link: Link, signal: AbortSignal): Promise<void> {
  for (;;) await link.read(signal);
}

const deadline = Symbol('deadline');

/**
 * `undefined`: the time was over. The outer signal ends it with its own reason. `restart`: the time begins anew, and is
 * so long from then on.
 */
export async function within<Result>(
  timeoutMs: number,
  { startTimer, signal }: Pick<Carrier, 'startTimer' | 'signal'>,
  act: (signal: AbortSignal, restart: (timeoutMs: number) => void) => Promise<Result>,
): Promise<Result | undefined> {
  signal.throwIfAborted();
  const own = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    own.abort(reason);
    // A write that hangs heeds no signal.
    reject(reason);
  };
  const abort = (): void => end(signal.reason);
  const start = (forMs: number) => startTimer(forMs, () => end(deadline));
  let stopTimer = start(timeoutMs);
  let isOver = false;
  const restart = (forMs: number): void => {
    if (isOver) return;
    stopTimer();
    stopTimer = start(forMs);
  };
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([act(own.signal, restart), ended]);
  } catch (error) {
    if (error === deadline) return undefined;
    throw error;
  } finally {
    isOver = true;
    stopTimer();
    signal.removeEventListener('abort', abort);
  }
}
