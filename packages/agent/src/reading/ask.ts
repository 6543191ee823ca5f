// The loop over one device that must be asked: connects, logs in, polls at its interval, and begins anew when something
// fails. One failure costs one poll; the connection goes with it, so that a late answer cannot be taken for a later one's.
// For the same reason it goes after a poll in which a question had to be asked again.

import {
  type Contact,
  type Conversation,
  openConversation,
  ProtocolError,
  poll,
  requestForms,
} from '@wattline/protocols';
import { type Connect, type Link, type Moment, TransportError, type Turn } from '../transport.ts';
import { intervalOf, mediumOf, type Observer, type ReadDevice, type Trouble } from './device.ts';
import { type Carrier, runSession, within } from './exchange.ts';
import type { StartTimer } from './pacer.ts';
import { pause } from './pause.ts';
import { noAnswer } from './silence.ts';
import type { InTurn } from './turns.ts';

export interface AskOptions extends Observer {
  readonly device: ReadDevice;
  readonly connect: Connect;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** Where other devices are asked over the same port. */
  readonly inTurn?: InTurn;
  /** Default: never. */
  readonly isNight?: () => boolean;
  /** End when the link does, and poll as fast as it answers: a recording. */
  readonly once?: true;
}

/** Counted anew when it waits for others no more. */
const connectMsMax = 30_000;
const turnMsMax = 600_000;
const loginMsMax = 20_000;
/** More than all records of any device take. */
const pollMsMax = 60_000;
const closeMsMax = 10_000;
const retryFirstMs = 1000;
/** With the longest attempt to connect and the login behind it, less than a minute. */
const retryLongestMs = 20_000;
/** A secret that does not fit is not tried again and again: some devices lock themselves. */
const retryKeyMs = 600_000;

/** A connection that is logged in. */
interface Connection {
  readonly link: Link;
  readonly conversation: Conversation;
  /** After a question was asked again: before then the answer to another try may still come, even by a new connection. */
  quietUntilMs: number | undefined;
}

/** Runs until the signal ends it. */
export async function ask(options: AskOptions): Promise<void> {
  const { device, now, startTimer, signal } = options;
  const { keepsConnected = !device.definition.ask?.hangsUp } = device;
  const { inTurn = (act) => act() } = options;
  let connection: Connection | undefined;
  let retryMs = retryFirstMs;
  let dueMs = now().uptimeMs;
  let hadTurn = true;
  const waits = (isWaiting: boolean): void => {
    hadTurn = !isWaiting;
  };
  try {
    while (!signal.aborted) {
      const act = () =>
        attempt(options, async () => {
          connection ??= await open(options, { dueMs, waits });
          return await pollOnce(options, connection);
        });
      const failure = await inTurn(act, dueMs);
      if (signal.aborted) break;
      if (options.once) {
        if (failure !== undefined && failure.code !== 'link') options.trouble(device, failure);
        // It has ended; or it holds nothing that could be asked again.
        if (failure?.code === 'link' || failure?.code === 'ignored' || connection === undefined) break;
        continue;
      }
      if (failure !== undefined) options.trouble(device, failure);
      const quietUntilMs = connection?.quietUntilMs;
      if (failure !== undefined || !keepsConnected || quietUntilMs !== undefined) {
        if (connection !== undefined) await letGo(options, connection.link);
        connection = undefined;
      }
      const nowMs = now().uptimeMs;
      // On the grid of the interval, past what was missed.
      const intervalMs = intervalOf(device, options.isNight?.() ?? false);
      // Whose turn has not come is still due since then.
      if (failure === undefined || hadTurn)
        dueMs += intervalMs * Math.max(1, Math.ceil((nowMs - dueMs) / intervalMs));
      const nextMs = Math.max(dueMs, quietUntilMs ?? 0);
      const waitMs = failure === undefined ? nextMs - nowMs : failure.code === 'key' ? retryKeyMs : retryMs;
      retryMs = failure === undefined ? retryFirstMs : Math.min(retryMs * 2, retryLongestMs);
      await pause(waitMs, startTimer, signal);
      if (failure !== undefined && hadTurn) dueMs = now().uptimeMs;
    }
  } finally {
    if (connection !== undefined) await letGo(options, connection.link);
  }
}

/** What went wrong, if it is of the device or the way to it. */
async function attempt(
  options: AskOptions,
  act: () => Promise<Trouble | undefined>,
): Promise<Trouble | undefined> {
  try {
    return await act();
  } catch (error) {
    if (options.signal.aborted) return undefined;
    if (error instanceof ProtocolError) return { code: error.code, message: explain(options.device, error) };
    if (error instanceof TransportError) return { code: 'link', message: error.message };
    throw error;
  }
}

/** Connects and logs in; a login that fails leaves no open link behind. */
async function open(options: AskOptions, turn: Required<Turn>): Promise<Connection> {
  const { device, connect } = options;
  const link = options.once
    ? await connect(options.signal)
    : await within(connectMsMax, options, async (signal, restart) => {
        const late = await connect(signal, {
          dueMs: turn.dueMs,
          waits(isWaiting) {
            turn.waits(isWaiting);
            restart(isWaiting ? turnMsMax : connectMsMax);
          },
        });
        // Nobody waits for it any more.
        if (signal.aborted) await late.close();
        return late;
      });
  if (link === undefined)
    throw new TransportError('absent', `${device.name}: no connection within ${connectMsMax / 1000} s`);
  const contact = contactOf(device);
  try {
    const session = device.definition.ask?.login?.(contact);
    if (session !== undefined)
      await bounded(options, loginMsMax, 'the login', (signal) =>
        runSession(session, { ...carrierOf(options, link), signal }),
      );
    return { link, conversation: openConversation(contact), quietUntilMs: undefined };
  } catch (error) {
    await letGo(options, link);
    throw error;
  }
}

/** A driver that hangs in closing must not hold up the loop. */
async function letGo({ startTimer }: AskOptions, link: Link): Promise<void> {
  await within(closeMsMax, { startTimer, signal: new AbortController().signal }, () => link.close());
}

async function pollOnce(options: AskOptions, connection: Connection): Promise<Trouble | undefined> {
  const { link, conversation } = connection;
  const { device, now } = options;
  let moment: Moment | undefined;
  const started = now();
  const session = poll(device.definition, conversation, started);
  const units = await bounded(options, pollMsMax, 'the poll', (signal) =>
    runSession(session, {
      ...carrierOf(options, link),
      signal,
      // By the first answer: the reading is no newer than its oldest value.
      answered: () => {
        moment ??= now();
      },
      late(forMs) {
        connection.quietUntilMs = now().uptimeMs + forMs;
      },
    }),
  );
  const decoded = device.isAlone ? units.filter(({ part }) => part === undefined) : units;
  for (const unit of decoded) options.reading(device, { decoded: unit, moment: moment ?? started });
  return decoded.length === 0 ? nothingRead : undefined;
}

const nothingRead: Trouble = {
  code: 'ignored',
  message: 'the device has none of the records of its definition',
};

async function bounded<Result>(
  options: AskOptions,
  timeoutMs: number,
  what: string,
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  // A recording's pauses are its own.
  if (options.once) return await act(options.signal);
  const result = await within(timeoutMs, options, async (signal) => ({ result: await act(signal) }));
  if (result === undefined)
    throw new ProtocolError('silent', `${what} took longer than ${timeoutMs / 1000} s and was given up`);
  return result.result;
}

function carrierOf(options: AskOptions, link: Link): Carrier {
  const { device, startTimer, signal } = options;
  const { definition } = device;
  return {
    link,
    startTimer,
    signal,
    forms: requestForms(definition),
    namesQuestion: definition.ask?.namesQuestion ?? false,
    damaged: (message) => options.trouble(device, { code: 'corrupt', message }),
  };
}

function contactOf(device: ReadDevice): Contact {
  const { address, secret } = device;
  return {
    medium: mediumOf(device),
    ...(address === undefined ? {} : { address }),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** For silence its likely causes, the likeliest first; anything else says it itself. */
function explain(device: ReadDevice, { code, message }: ProtocolError): string {
  const { definition, port, address } = device;
  if (code !== 'silent') return message;
  if (port !== undefined) return noAnswer(device, message);
  return `${definition.name} at ${address}: ${message}; is it asleep, off, or held by a phone app?`;
}
