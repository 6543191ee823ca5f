// Delivery: a reading is handed over once and is then the broker's or the outbox's.
//   deliver → publish ─ confirmed within 2 s ─ accepted
//                     └ else synced in the outbox ─ accepted; published from there, oldest first
// Fresh readings go before the backlog, so that the newest is shown at once however long the backlog is. Within the
// backlog, and among the fresh ones, the order of each topic is kept. Which comes first makes no difference to what
// the bridge stores, because identity and time travel with each reading.

import { createRepeats } from '@wattline/program';
import { type AgentState, type Reading, writeReading } from '@wattline/protocols';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { ParkedTopic } from '../outbox/parked.ts';
import { createCaution } from './caution.ts';
import {
  type Acceptance,
  connected,
  type DeliveryTimes,
  disconnected,
  type FlowOptions,
  type FlowState,
  messageOf,
  type Parcel,
  pump,
  restart,
  sync,
} from './flow.ts';
import { createLosses } from './losses.ts';
import { createParking } from './parking.ts';

export interface Delivery {
  /** Resolves when the reading is accepted; rejects when it is lost, with the reason. */
  deliver(topic: string, reading: Reading): Promise<Acceptance>;
  /**
   * Resolves when everything is delivered (true), or when no more can be for now (false): the signal ended it, the
   * broker answers but will not have us, or what is left was refused.
   */
  drain(signal: AbortSignal): Promise<boolean>;
  status(): DeliveryStatus;
  /** Syncs what is not confirmed, says goodbye to the broker, closes the outbox. Call once. */
  close(): Promise<void>;
}

interface DeliveryStatus extends OutboxStatus {
  readonly connected: boolean;
  /** Why there is no connection, for a person. */
  readonly problem?: string;
  readonly parked: readonly ParkedTopic[];
  /** Refusals by the broker since the start. */
  readonly refused: number;
  /** Readings handed over and not yet accepted. */
  readonly pending: number;
  /** Readings that were neither confirmed nor synced. */
  readonly lost: number;
  /** Of every reading since the start, and of those that waited then. */
  readonly account: NonNullable<AgentState['readings']>;
}

/** Readings that are neither confirmed nor synced. Only a full or dying disk lets them become so many. */
const pendingMax = 1_000;
/** Refused connections in a row after which nothing is expected of the broker any more; about 4 s. */
const refusalsMax = 5;

/** As the contract has it. */
export const deliveryTimes: DeliveryTimes = { confirmMs: 2_000, retryMs: 3_600_000 };

/** Owns publisher and outbox from now on. */
export function createDelivery(options: FlowOptions): Delivery {
  const { publisher, outbox } = options;
  const waitedBefore = outbox.status().readings;
  const state = newState(options);
  state.sayLosses();
  const retry = setInterval(() => tryAgain(state), options.times.retryMs);
  void expire(state);
  publisher.onConnect((window) => connected(state, window));
  publisher.onDown((byBroker) => disconnected(state, byBroker));
  return {
    deliver: (topic, reading) => deliver(state, topic, reading),
    drain: (signal) => drain(state, signal),
    status: () => statusOf(state, waitedBefore),
    async close() {
      clearInterval(retry);
      state.closed = true;
      await syncPending(state);
      await publisher.close();
      await outbox.close();
    },
  };
}

function newState(options: FlowOptions): FlowState {
  const { outbox, clock, log } = options;
  return {
    ...options,
    fresh: [],
    backlog: [],
    inFlight: new Map(),
    pending: new Set(),
    cursor: { after: undefined, reading: false, exhausted: false, restarts: 0, additions: 0 },
    caution: createCaution(),
    parking: createParking({ log, nowMs: clock.nowMs, changed: (topics) => void outbox.noteParked(topics) }),
    repeats: createRepeats(log),
    window: 0,
    down: { byBroker: false, unconfirmed: [] },
    ...{ refused: 0, handedOver: 0, confirmedAtOnce: 0, lost: 0 },
    closed: false,
    sayLosses: createLosses(outbox, log),
    watchers: new Set(),
  };
}

function tryAgain(state: FlowState): void {
  void expire(state);
  state.parking.release();
  restart(state);
}

async function expire({ outbox, clock, repeats, sayLosses }: FlowState): Promise<void> {
  if (!clock.isSynced()) return;
  try {
    await outbox.expire(clock.nowMs());
    sayLosses();
    repeats.ended('expire', 'The outbox gives up what is too old again');
  } catch (error) {
    repeats.fault('expire', messageOf(error), 'error');
  }
}

function deliver(state: FlowState, topic: string, reading: Reading): Promise<Acceptance> {
  state.handedOver += 1;
  if (state.pending.size >= pendingMax) {
    return lost(state, `${pendingMax} readings are neither confirmed nor on disk`);
  }
  if (state.closed) return lost(state, 'the agent is stopping');
  const { promise, resolve, reject } = Promise.withResolvers<Acceptance>();
  const entry = {
    stream: reading.stream,
    sequence: reading.sequence,
    topic,
    payload: writeReading(reading),
    timeMs: reading.timeMs,
    synced: reading.clock === 'synced',
  };
  const parcel: Parcel = { entry };
  const timer = setTimeout(() => sync(state, parcel), state.times.confirmMs);
  parcel.pending = { accept: resolve, lose: reject, timer };
  state.pending.add(parcel);
  state.fresh.push(parcel);
  if (state.parking.has(topic)) sync(state, parcel);
  else pump(state);
  return promise;
}

function lost(state: FlowState, why: string): Promise<never> {
  state.lost += 1;
  return Promise.reject(new Error(why));
}

/** Resolves when every pending reading is in the outbox, or lost because the disk refuses. */
async function syncPending(state: FlowState): Promise<void> {
  for (const parcel of state.pending) sync(state, parcel);
  await Promise.all([...state.pending].map(({ pending }) => pending?.syncing));
  for (const { pending } of state.pending) {
    clearTimeout(pending?.timer);
    state.lost += 1;
    pending?.lose(new Error('the agent is stopping, and it is neither confirmed nor on disk'));
  }
  state.pending.clear();
}

function drain(state: FlowState, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const look = (): void => {
    const outcome = drainOutcome(state) ?? (signal.aborted ? false : undefined);
    if (outcome === undefined) return;
    state.watchers.delete(look);
    signal.removeEventListener('abort', look);
    resolve(outcome);
  };
  state.watchers.add(look);
  signal.addEventListener('abort', look);
  look();
  return promise;
}

/** undefined: not yet. */
function drainOutcome({
  publisher,
  outbox,
  pending,
  inFlight,
  cursor,
  backlog,
}: FlowState): boolean | undefined {
  const { connected: isConnected, refusals } = publisher.status();
  if (!isConnected && refusals >= refusalsMax) return pending.size === 0 && outbox.status().readings === 0;
  if (pending.size > 0 || inFlight.size > 0 || backlog.length > 0) return undefined;
  if (outbox.status().readings === 0) return true;
  return isConnected && cursor.exhausted ? false : undefined;
}

function statusOf(state: FlowState, waitedBefore: number): DeliveryStatus {
  const { publisher, parking, refused, pending, lost: lostCount } = state;
  const { connected: isConnected, problem } = publisher.status();
  const outbox = state.outbox.status();
  return {
    ...outbox,
    connected: isConnected,
    ...(problem === undefined ? {} : { problem }),
    parked: parking.list(),
    refused,
    pending: pending.size,
    lost: lostCount,
    account: {
      taken: waitedBefore + state.handedOver,
      confirmed: state.confirmedAtOnce + outbox.confirmed,
      waiting: outbox.readings + pending.size,
      givenUp: outbox.evicted,
      lost: lostCount,
    },
  };
}
