// The publisher: a connection to the broker that is made again whenever it ends, and confirmed publishing on it.
// Messages of one topic are confirmed in the order in which they were handed over.

import { setTimeout as delay } from 'node:timers/promises';
import { createRepeats, type Log } from '@wattline/program';
import { ConnectProblem } from './connect-problem.ts';
import {
  ConnectionLost,
  type MqttVersion,
  openSession,
  type PublishResult,
  type Session,
  type SessionEnd,
  type SessionOptions,
} from './session.ts';

export interface PublisherOptions extends SessionOptions {
  /** auto: 5 and, where the broker refuses that, 3.1.1 until the next start. */
  readonly version: 'auto' | MqttVersion;
  readonly log: Log;
  /** Pause after so many failures in a row. */
  readonly backOffMs: (failures: number) => number;
}

export interface Publisher {
  /**
   * Resolves when the broker has confirmed or refused; rejects with ConnectionLost, at once without a connection.
   * More than the broker lets be unconfirmed wait here for their turn.
   */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<PublishResult>;
  /** Whenever there is a connection; called with how many messages may be unconfirmed at a time. */
  onConnect(listener: (window: number) => void): void;
  /** Whenever a connection ended or could not be made; `byBroker`: the broker ended it. */
  onDown(listener: (byBroker: boolean) => void): void;
  /** From now on and on every connection to come. */
  subscribe(topic: string, handler: (payload: string) => void): void;
  status(): PublisherStatus;
  /** Says goodbye to the broker and stops. */
  close(): Promise<void>;
}

interface PublisherStatus {
  readonly connected: boolean;
  readonly version?: MqttVersion;
  /** Failures to connect in a row that were an answer: nothing listens there, or the broker will not have us. */
  readonly refusals: number;
  /** Why there is no connection, for a person. */
  readonly problem?: string;
}

/** More than an agent has devices and messages about itself. */
const waitingMax = 1000;
/** A connection that ends sooner counts as a failure. */
const steadyMs = 5_000;

const backOffFirstMs = 250;
const backOffLongestMs = 60_000;

/** Doubles up to a minute; `random` in [0, 1) spreads agents that lost the same broker. */
export const doublingBackOff =
  (random: () => number) =>
  (failures: number): number =>
    Math.min(backOffLongestMs, backOffFirstMs * 2 ** (failures - 1)) * (0.75 + random() / 2);

interface Connection {
  session: Session | undefined;
  version: MqttVersion;
  refusals: number;
  problem: string | undefined;
}

interface Waiting {
  readonly send: (session: Session) => Promise<unknown>;
  readonly reject: (lost: ConnectionLost) => void;
}

/** Starts connecting at once. */
export function createPublisher(options: PublisherOptions): Publisher {
  const connection: Connection = {
    session: undefined,
    version: options.version === 'auto' ? '5' : options.version,
    refusals: 0,
    problem: undefined,
  };
  const connects: ((window: number) => void)[] = [];
  const downs: ((byBroker: boolean) => void)[] = [];
  const handlers = new Map<string, (payload: string) => void>();
  const line = createLine();
  const stop = new AbortController();
  const running = keepConnected(options, connection, stop.signal, {
    message: (topic, payload) => handlers.get(topic)?.(payload),
    connected: (session) => {
      for (const topic of handlers.keys()) subscribe(session, topic, options.log);
      line.start(session);
      for (const listener of connects) listener(session.window);
    },
    down: ({ reason, byBroker }) => {
      line.stop(new ConnectionLost(reason));
      for (const listener of downs) listener(byBroker);
    },
  });
  return {
    publish: (topic, payload, { retain }) => line.add((session) => session.publish(topic, payload, retain)),
    onConnect: (listener) => {
      connects.push(listener);
      if (connection.session !== undefined) listener(connection.session.window);
    },
    onDown: (listener) => void downs.push(listener),
    subscribe: (topic, handler) => {
      handlers.set(topic, handler);
      if (connection.session !== undefined) subscribe(connection.session, topic, options.log);
    },
    status: () => statusOf(connection),
    async close() {
      stop.abort();
      await connection.session?.close();
      await running;
    },
  };
}

function statusOf({ session, refusals, problem }: Connection): PublisherStatus {
  return {
    connected: session !== undefined,
    ...(session === undefined ? {} : { version: session.version }),
    refusals,
    ...(problem === undefined ? {} : { problem }),
  };
}

function subscribe(session: Session, topic: string, log: Log): void {
  session.subscribe(topic).catch((error: unknown) => {
    if (!(error instanceof ConnectionLost))
      log.warn(`The broker does not let the agent subscribe to ${topic}`, error);
  });
}

/** Messages in the order of their arrival, no more unconfirmed than the session's window. */
function createLine() {
  const waiting: Waiting[] = [];
  let session: Session | undefined;
  let unconfirmed = 0;
  const advance = (): void => {
    while (session !== undefined && unconfirmed < session.window) {
      const next = waiting.shift();
      if (next === undefined) return;
      const current = session;
      unconfirmed += 1;
      void next.send(current).finally(() => {
        if (session !== current) return;
        unconfirmed -= 1;
        advance();
      });
    }
  };
  return {
    add<Result>(publish: (session: Session) => Promise<Result>): Promise<Result> {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      if (session === undefined) reject(new ConnectionLost('there is no connection'));
      else if (waiting.length >= waitingMax)
        reject(new ConnectionLost(`${waitingMax} messages wait already`));
      else {
        waiting.push({ send: (current) => publish(current).then(resolve, reject), reject });
        advance();
      }
      return promise;
    },
    start(started: Session): void {
      session = started;
      unconfirmed = 0;
    },
    stop(lost: ConnectionLost): void {
      session = undefined;
      for (const { reject } of waiting.splice(0)) reject(lost);
    },
  };
}

interface ConnectionEvents {
  readonly message: (topic: string, payload: string) => void;
  readonly connected: (session: Session) => void;
  readonly down: (end: SessionEnd) => void;
}

async function keepConnected(
  options: PublisherOptions,
  connection: Connection,
  signal: AbortSignal,
  events: ConnectionEvents,
): Promise<void> {
  const { log, backOffMs } = options;
  const repeats = createRepeats(log);
  for (let failures = 0; !signal.aborted; ) {
    try {
      const session = await openSession(options, connection.version, events.message, signal);
      if (signal.aborted) return await session.close();
      const greeting = `Connected to the broker with MQTT ${session.version}`;
      if (repeats.count('broker') === 0) log.info(greeting);
      else repeats.ended('broker', greeting);
      const startedMs = performance.now();
      Object.assign(connection, { session, refusals: 0, problem: undefined });
      events.connected(session);
      const end = await session.ended;
      Object.assign(connection, { session: undefined, problem: `The broker was lost: ${end.reason}.` });
      events.down(end);
      if (signal.aborted) return;
      repeats.fault(
        'broker',
        `The broker was lost: ${end.reason}; readings go to the outbox until it is back.`,
      );
      failures = performance.now() - startedMs < steadyMs ? failures + 1 : 1;
    } catch (error) {
      if (!(error instanceof ConnectProblem)) throw error;
      if (error.code === 'version' && options.version === 'auto' && connection.version === '5') {
        connection.version = '3.1.1';
        log.info(
          'The broker speaks only MQTT 3.1.1: a reading that its access list forbids is lost unnoticed.',
        );
        continue;
      }
      failures += 1;
      connection.refusals = error.code === 'unreachable' ? 0 : connection.refusals + 1;
      connection.problem = error.message;
      events.down({ reason: error.message, byBroker: false });
      if (!signal.aborted) repeats.fault('broker', error.message);
    }
    await delay(backOffMs(failures), undefined, { signal }).catch(() => {});
  }
}
