// How readings move between memory, broker and outbox. A parcel is a reading on its way: fresh ones came from a
// device and are pending until they are accepted, the others came out of the outbox.

import type { Clock, Log, Repeats } from '@wattline/program';
import { type Entry, identityOf } from '../outbox/entry.ts';
import { type Outbox, OutboxError } from '../outbox/outbox.ts';
import type { StoredEntry } from '../outbox/segment.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { ConnectionLost, type PublishResult } from '../publisher/session.ts';
import type { Caution } from './caution.ts';
import type { Parking } from './parking.ts';

export interface DeliveryTimes {
  /** A reading that is not confirmed within this time is synced. */
  readonly confirmMs: number;
  /** How often refused topics are tried again and old readings are given up. */
  readonly retryMs: number;
}

export type Acceptance = 'confirmed' | 'synced';

export interface Parcel {
  readonly entry: Entry;
  /** Absent once it is accepted. */
  pending?: Pending;
  /** Present once it is in the outbox. */
  stored?: StoredEntry;
  /** The broker has it. */
  confirmed?: true;
}

interface Pending {
  readonly accept: (how: Acceptance) => void;
  readonly lose: (error: Error) => void;
  /** Until it is to be synced. */
  timer?: NodeJS.Timeout;
  syncing?: Promise<void>;
}

export interface FlowOptions {
  readonly publisher: Publisher;
  readonly outbox: Outbox;
  readonly clock: Pick<Clock, 'nowMs' | 'isSynced'>;
  readonly log: Log;
  /** Whether the broker keeps the newest reading of each topic. */
  readonly retain: boolean;
  readonly times: DeliveryTimes;
}

export interface FlowState extends FlowOptions {
  /** Not with the publisher, in the order of their sequence. */
  readonly fresh: Parcel[];
  /** Read from the outbox, at most a segment, oldest first. */
  backlog: Parcel[];
  readonly inFlight: Map<string, Parcel>;
  /** Neither confirmed nor synced. */
  readonly pending: Set<Parcel>;
  readonly cursor: Cursor;
  readonly caution: Caution;
  readonly parking: Parking;
  readonly repeats: Repeats;
  /** How many may be unconfirmed; 0 without a connection. */
  window: number;
  readonly down: { byBroker: boolean; unconfirmed: string[] };
  refused: number;
  /** Handed over since the start. */
  handedOver: number;
  /** Confirmed and never in the outbox: it counts its own. */
  confirmedAtOnce: number;
  lost: number;
  closed: boolean;
  /** Says what the outbox has given up or lost since it was last asked. */
  readonly sayLosses: () => void;
  /** Called whenever something has moved. */
  readonly watchers: Set<() => void>;
}

/** How far the outbox was read. */
interface Cursor {
  after: StoredEntry | undefined;
  reading: boolean;
  /** Nothing more to publish behind `after`. */
  exhausted: boolean;
  /** Counts what makes a read that is under way worthless. */
  restarts: number;
  additions: number;
}

/** Hands over as much as may be unconfirmed, fresh readings first. */
export function pump(state: FlowState): void {
  const { inFlight, caution, cursor } = state;
  if (state.closed) return;
  const hasRoom = (): boolean => inFlight.size < caution.limit(state.window);
  while (hasRoom()) {
    const parcel = takeFresh(state) ?? state.backlog.shift();
    if (parcel === undefined) break;
    if (!state.parking.has(parcel.entry.topic)) publish(state, parcel);
  }
  if (hasRoom() && !cursor.exhausted && !cursor.reading) void refill(state);
  for (const watch of state.watchers) watch();
}

function takeFresh({ fresh, parking }: FlowState): Parcel | undefined {
  const index = fresh.findIndex(({ entry }) => !parking.has(entry.topic));
  return index < 0 ? undefined : fresh.splice(index, 1)[0];
}

async function refill(state: FlowState): Promise<void> {
  const { cursor, outbox, parking, inFlight, repeats } = state;
  const { restarts, additions } = cursor;
  cursor.reading = true;
  try {
    const entries = await outbox.read(cursor.after, (topic) => !parking.has(topic));
    if (restarts === cursor.restarts) {
      cursor.after = entries.at(-1) ?? cursor.after;
      cursor.exhausted = entries.length === 0 && additions === cursor.additions;
      const mine = entries.filter((entry) => !inFlight.has(identityOf(entry)));
      state.backlog = mine.map((stored) => ({ entry: stored, stored }));
    }
    repeats.ended('read', 'The outbox can be read again');
  } catch (error) {
    cursor.exhausted = true;
    repeats.fault('read', messageOf(error), 'error');
  }
  cursor.reading = false;
  pump(state);
}

function publish(state: FlowState, parcel: Parcel): void {
  const { entry } = parcel;
  state.inFlight.set(identityOf(entry), parcel);
  const take = (result: PublishResult): void => {
    state.inFlight.delete(identityOf(entry));
    if (result.is === 'confirmed') confirmed(state, parcel);
    else refused(state, parcel, result.reason);
    pump(state);
  };
  const lose = (error: unknown): void => {
    if (!(error instanceof ConnectionLost)) throw error;
    state.inFlight.delete(identityOf(entry));
    state.down.unconfirmed.push(entry.topic);
    if (parcel.pending !== undefined) putBack(state, parcel);
  };
  void state.publisher.publish(entry.topic, entry.payload, { retain: state.retain }).then(take, lose);
}

function confirmed(state: FlowState, parcel: Parcel): void {
  const { entry, stored } = parcel;
  state.caution.confirmed(entry.topic);
  state.parking.accepted(entry.topic);
  parcel.confirmed = true;
  if (stored === undefined) state.confirmedAtOnce += 1;
  else void state.outbox.confirm([stored]);
  accept(state, parcel, 'confirmed');
}

function refused(state: FlowState, parcel: Parcel, reason: string): void {
  state.refused += 1;
  if (parcel.pending !== undefined) putBack(state, parcel);
  park(state, parcel.entry.topic, reason);
}

/** Parks a topic; its fresh readings are synced without waiting. */
function park(state: FlowState, topic: string, reason: string): void {
  state.parking.park(topic, reason);
  for (const parcel of state.fresh.filter(({ entry }) => entry.topic === topic)) sync(state, parcel);
}

function putBack({ fresh }: FlowState, parcel: Parcel): void {
  fresh.push(parcel);
  fresh.sort((one, other) => one.entry.sequence - other.entry.sequence);
}

/** Puts a pending reading into the outbox; tries again, as long as the disk refuses. */
export function sync(state: FlowState, parcel: Parcel): void {
  const { pending } = parcel;
  if (pending === undefined || pending.syncing !== undefined) return;
  clearTimeout(pending.timer);
  pending.syncing = state.outbox.append(parcel.entry).then(
    (stored) => synced(state, parcel, stored),
    (error: unknown) => {
      delete pending.syncing;
      state.repeats.fault('outbox', messageOf(error), 'error');
      const isHopeless = error instanceof OutboxError && error.code === 'too_big';
      if (state.closed || isHopeless || parcel.pending === undefined) return;
      pending.timer = setTimeout(() => sync(state, parcel), state.times.confirmMs);
    },
  );
}

function synced(state: FlowState, parcel: Parcel, stored: StoredEntry): void {
  const { fresh, cursor, outbox, repeats } = state;
  repeats.ended('outbox', 'The outbox takes readings again');
  parcel.stored = stored;
  if (parcel.confirmed) {
    state.confirmedAtOnce -= 1;
    void outbox.confirm([stored]);
  }
  const index = fresh.indexOf(parcel);
  if (index >= 0) fresh.splice(index, 1);
  cursor.additions += 1;
  cursor.exhausted = false;
  state.sayLosses();
  accept(state, parcel, 'synced');
  pump(state);
}

function accept(state: FlowState, parcel: Parcel, how: Acceptance): void {
  const { pending } = parcel;
  if (pending === undefined) return;
  clearTimeout(pending.timer);
  delete parcel.pending;
  state.pending.delete(parcel);
  pending.accept(how);
}

export function connected(state: FlowState, window: number): void {
  const { down, caution } = state;
  const culprit = down.byBroker ? caution.ended(down.unconfirmed) : undefined;
  if (culprit !== undefined) park(state, culprit, 'it ends the connection whenever one is published');
  state.down.byBroker = false;
  state.down.unconfirmed = [];
  state.window = window;
  restart(state);
}

export function disconnected(state: FlowState, byBroker: boolean): void {
  state.window = 0;
  state.down.byBroker ||= byBroker;
  for (const watch of state.watchers) watch();
}

/** Reads the outbox from its beginning again. */
export function restart(state: FlowState): void {
  state.backlog = [];
  state.cursor.after = undefined;
  state.cursor.exhausted = false;
  state.cursor.restarts += 1;
  pump(state);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
