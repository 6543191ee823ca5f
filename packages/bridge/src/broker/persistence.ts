// What aedes keeps between connections, for a broker that keeps no sessions: retained messages and wills, in memory
// and in the store. It is called with aedes' own objects; only what is used of them is named here.

import { Readable } from 'node:stream';
import { matchesTopic } from '../ingest/topics.ts';
import type { Store } from '../store.ts';
import type { StateWriter } from './state-writer.ts';

interface RetainedPacket {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: 0 | 1 | 2;
}

interface WillPacket extends RetainedPacket {
  readonly retain: boolean;
  brokerId?: string;
  clientId?: string;
}

interface Named {
  readonly id: string;
}

interface Numbered {
  readonly messageId?: number;
}

export interface Retained {
  /** Makes it durable, then calls back; false: there is no room for it. An empty payload clears the topic. */
  keep(packet: RetainedPacket, durable: () => void): boolean;
}

const retainedMax = 10_000;
const retainedBytesMax = 64 * 1024 * 1024;

/** `retained` is for the broker, before it acknowledges; `persistence` is for aedes. */
export function createPersistence(store: Store, writer: StateWriter) {
  const retained = openRetained(store, writer);
  const wills = openWills(store, writer);
  const incoming = new Map<string, Map<number, unknown>>();
  const nothing = async (): Promise<void> => undefined;
  const persistence = {
    setup: async (broker: Named): Promise<void> => wills.setBroker(broker.id),
    storeRetained: async (packet: RetainedPacket): Promise<void> => retained.set(packet),
    createRetainedStreamCombi: (filters: readonly string[]): Readable =>
      Readable.from(retained.matching(filters)),
    createRetainedStream: (filter: string): Readable => Readable.from(retained.matching([filter])),
    ...wills.persistence,
    // A session ends with its connection, so that nothing is queued for those who are away.
    addSubscriptions: nothing,
    removeSubscriptions: nothing,
    cleanSubscriptions: nothing,
    subscriptionsByClient: async () => [],
    subscriptionsByTopic: async () => [],
    countOffline: async () => ({ subsCount: 0, clientsCount: 0 }),
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: nothing,
    outgoingClearMessageId: nothing,
    outgoingStream: (): Readable => Readable.from([]),
    getClientList: (): Readable => Readable.from([]),
    // Inbound QoS 2, bounded by aedes (maxInflightInbound).
    incomingStorePacket: async (client: Named, packet: Numbered): Promise<void> => {
      const packets = incoming.get(client.id) ?? new Map<number, unknown>();
      incoming.set(client.id, packets.set(packet.messageId ?? 0, packet));
    },
    incomingGetPacket: async (client: Named, packet: Numbered): Promise<unknown> => {
      const found = incoming.get(client.id)?.get(packet.messageId ?? 0);
      if (found === undefined) throw new Error('no such packet');
      return found;
    },
    incomingDelPacket: async (client: Named, packet: Numbered): Promise<void> => {
      if (incoming.get(client.id)?.delete(packet.messageId ?? 0) !== true) throw new Error('no such packet');
    },
    cleanIncoming: async (client: Named): Promise<void> => void incoming.delete(client.id),
    destroy: nothing,
  };
  return { retained, persistence };
}

function openRetained({ database }: Store, writer: StateWriter) {
  const upsert = database.prepare('INSERT OR REPLACE INTO broker_retained VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM broker_retained WHERE topic = ?');
  const packets = new Map<string, RetainedPacket>();
  let bytes = 0;
  const set = ({ topic, payload, qos }: RetainedPacket): void => {
    const before = packets.get(topic);
    if (before !== undefined) bytes -= before.payload.length + topic.length;
    if (payload.length === 0) packets.delete(topic);
    // A copy: the packet's payload is a part of a larger chunk.
    else packets.set(topic, { topic, payload: Buffer.from(payload), qos });
    if (payload.length > 0) bytes += payload.length + topic.length;
  };
  for (const row of database.prepare('SELECT * FROM broker_retained').iterate()) set(packetOf(row));

  function* matching(filters: readonly string[]) {
    for (const [topic, packet] of packets) {
      if (filters.some((filter) => matchesTopic(filter, topic)))
        yield { cmd: 'publish', retain: true, ...packet };
    }
  }
  const keep: Retained['keep'] = ({ topic, payload, qos }, durable) => {
    const full =
      (!packets.has(topic) && packets.size >= retainedMax) ||
      bytes + payload.length + topic.length > retainedBytesMax;
    if (full && payload.length > 0) return false;
    writer.write(() => {
      if (payload.length === 0) remove.run(topic);
      else upsert.run(topic, qos, Buffer.from(payload));
    }, durable);
    return true;
  };
  return { keep, set, matching };
}

function openWills({ database }: Store, writer: StateWriter) {
  const upsert = database.prepare('INSERT OR REPLACE INTO broker_will VALUES (?, ?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM broker_will WHERE client = ?');
  const wills = new Map<string, WillPacket>();
  let brokerId = '';
  for (const row of database.prepare('SELECT * FROM broker_will').iterate()) {
    const clientId = String(row['client']);
    wills.set(clientId, {
      ...packetOf(row),
      retain: row['retain'] === 1,
      brokerId: String(row['broker']),
      clientId,
    });
  }
  const persistence = {
    putWill: (client: Named, will: WillPacket): Promise<void> => {
      will.brokerId = brokerId;
      will.clientId = client.id;
      wills.set(client.id, will);
      const { topic, qos, retain, payload } = will;
      return new Promise((durable) => {
        const write = () => upsert.run(client.id, brokerId, topic, qos, retain ? 1 : 0, Buffer.from(payload));
        writer.write(write, durable);
      });
    },
    getWill: async (client: Named): Promise<WillPacket | undefined> => wills.get(client.id),
    delWill: async (client: Named): Promise<WillPacket | undefined> => {
      const will = wills.get(client.id);
      if (will === undefined) return undefined;
      wills.delete(client.id);
      return new Promise((durable) =>
        writer.write(
          () => remove.run(client.id),
          () => durable(will),
        ),
      );
    },
    /** Wills of brokers that are gone: of our own process before this one. */
    streamWill: (brokers: { readonly [id: string]: unknown } = {}): Readable =>
      Readable.from([...wills.values()].filter((will) => brokers[will.brokerId ?? ''] === undefined)),
  };
  const setBroker = (id: string): void => {
    brokerId = id;
  };
  return { persistence, setBroker };
}

const packetOf = (row: Record<string, unknown>): RetainedPacket => ({
  topic: String(row['topic']),
  qos: row['qos'] === 2 ? 2 : row['qos'] === 1 ? 1 : 0,
  payload: Buffer.from(row['payload'] as Uint8Array),
});
