// The embedded broker: a publisher is acknowledged when its message is durable. aedes sends the PUBACK after
// `authorizePublish` calls back, so that is called back after the group commit.

import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import { matchesTopic } from '../ingest/topics.ts';
import type { Intake } from '../intake/intake.ts';
import type { Store } from '../store.ts';
import { guardPackets } from './packet-guard.ts';
import { createPersistence, type Retained } from './persistence.ts';
import { createStateWriter } from './state-writer.ts';

export interface BrokerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Messages of these topics go into the log; others are only passed on. */
  readonly topics: readonly string[];
  readonly intake: Pick<Intake, 'offer' | 'hasRoom'>;
  readonly store: Store;
  /** Who may connect; without a name it is anonymous. */
  readonly admits: (username: string | undefined, password: Uint8Array | undefined) => boolean;
  readonly nowMs: () => number;
  readonly report: (text: string) => void;
  readonly packetBytesMax?: number;
  readonly connectionsMax?: number;
  /** Four of these after the start, the wills of clients that did not come back are published. */
  readonly heartbeatMs?: number;
}

export interface Broker {
  readonly port: number;
  connections(): number;
  /** Resolves when it is durable, if it is retained, and passed on. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>;
  /** Sends the wills of those connected, as after any end of a broker, and closes. Close the intake after it. */
  close(): Promise<void>;
}

/** Larger than any message that is set aside as too big; only what is larger still ends the connection. */
const packetBytesMaxUsual = 16 * 1024 * 1024;
/** A subscriber that takes nothing for so long is disconnected: publishers wait for the slowest. */
const drainTimeoutMs = 10_000;

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, port, store, report, heartbeatMs = 60_000 } = options;
  const { packetBytesMax = packetBytesMaxUsual, connectionsMax = 500 } = options;
  const writer = createStateWriter(store, report);
  const { retained, persistence } = createPersistence(store, writer);
  const broker = await Aedes.createBroker({
    persistence,
    queueLimit: 1_000,
    maxClientsIdLength: 128,
    drainTimeout: drainTimeoutMs,
    heartbeatInterval: heartbeatMs,
    preConnect: endSessionsWithConnection(report),
    authenticate: admitWhileThereIsRoom(options),
    authorizePublish: storeBeforeAcknowledging(options, retained),
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    guardPackets(socket, packetBytesMax);
    broker.handle(socket);
  });
  server.maxConnections = connectionsMax;
  sayProblems(broker, server, report, connectionsMax);
  const closeBroker = (): Promise<void> => new Promise((resolve) => broker.close(resolve));
  try {
    await listen(server, host, port);
  } catch (error) {
    await closeBroker();
    writer.close();
    throw error;
  }
  const address = server.address();

  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    connections: () => sockets.size,
    publish: async (topic, payload, { retain }) => {
      const bytes = Buffer.from(payload);
      if (retain) {
        await new Promise<void>((durable, refuse) => {
          if (!retained.keep({ topic, payload: bytes, qos: 1 }, durable)) refuse(new Error(noRoom));
        });
      }
      await new Promise<void>((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload: bytes, qos: 1, retain, dup: false } as const;
        broker.publish(packet, (error) => (error ? reject(error) : resolve()));
      });
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await closeBroker();
      for (const socket of sockets) socket.destroy();
      await closed;
      writer.close();
    },
  };
}

/** Return code of CONNACK, MQTT 3.1.1, 3.2.2.3. */
const serverUnavailable = 3;

const noRoom = 'There are too many retained messages; this one was passed on but not retained.';

type Hooks = Required<Pick<AedesOptions, 'authenticate' | 'authorizePublish' | 'preConnect'>>;

/** Never answers with an error but to what MQTT forbids: an error ends the publisher's connection. */
function storeBeforeAcknowledging(
  { topics, intake, nowMs, report }: BrokerOptions,
  retained: Retained,
): Hooks['authorizePublish'] {
  const isLogged = createTopicTest(topics);
  let saidNoRoom = false;
  return (_client, packet, done) => {
    const { topic } = packet;
    if (topic.startsWith('$') || /[\0+#]/.test(topic))
      return done(new Error(`topic ${topic} is not allowed`));
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    let waits = 1;
    const durable = (): void => {
      waits--;
      if (waits === 0) done();
    };
    if (packet.retain) {
      waits++;
      if (!retained.keep({ topic, payload, qos: packet.qos }, durable)) {
        waits--;
        packet.retain = false;
        if (!saidNoRoom) report(noRoom);
        saidNoRoom = true;
      }
    }
    if (isLogged(topic)) {
      waits++;
      intake.offer({ topic, payload, receivedMs: nowMs(), retained: false }, durable);
    }
    durable();
  };
}

/**
 * A connection has no more waiting than it sent in one piece, because aedes reads on when that is acknowledged. While
 * the disk refuses, connections end for want of an answer; those that came again would bring the same once more.
 */
function admitWhileThereIsRoom({ intake, admits }: BrokerOptions): Hooks['authenticate'] {
  return (_client, username, password, done) => {
    if (intake.hasRoom()) return done(null, admits(username, password));
    done(Object.assign(new Error('the store takes nothing'), { returnCode: serverUnavailable }), null);
  };
}

/** Topics that were matched are remembered, because a device publishes on the same one for ever. */
function createTopicTest(filters: readonly string[]): (topic: string) => boolean {
  const rememberedMax = 10_000;
  const known = new Map<string, boolean>();
  return (topic) => {
    let matches = known.get(topic);
    if (matches === undefined) {
      matches = filters.some((filter) => matchesTopic(filter, topic));
      if (known.size >= rememberedMax) known.clear();
      known.set(topic, matches);
    }
    return matches;
  };
}

/** Messages for a subscriber that is away would be queued in memory without a bound: no session is kept. */
function endSessionsWithConnection(report: (text: string) => void): Hooks['preConnect'] {
  let said = false;
  return (_client, packet, done) => {
    if (!packet.clean && !said) {
      said = true;
      report(
        `Client ${packet.clientId} asks the embedded broker to keep its session; it keeps none: what is published while a subscriber is away does not reach it.`,
      );
    }
    packet.clean = true;
    done(null, true);
  };
}

/** Each once, until there are many different ones. */
function sayProblems(
  broker: EventEmitter,
  server: Server,
  report: (text: string) => void,
  connectionsMax: number,
): void {
  const rememberedMax = 100;
  const said = new Set<string>();
  const say = (text: string): void => {
    if (said.has(text)) return;
    if (said.size >= rememberedMax) said.clear();
    said.add(text);
    report(`Embedded broker: ${text}`);
  };
  const sayOfClient = ({ id }: { readonly id: string | null }, error: Error): void => {
    // A client that tries MQTT 5 first is told so and comes again with 3.1.1.
    if (error.message !== 'unacceptable protocol version')
      say(`client ${id ?? 'without a name'}: ${error.message}`);
  };
  broker.on('clientError', sayOfClient);
  broker.on('connectionError', sayOfClient);
  broker.on('error', (error: Error) => say(error.message));
  server.on('drop', () => say(`more than ${connectionsMax} connections; further ones are refused`));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken ? new Error(`Port ${port} of ${host} is taken by another program (broker.listen).`) : error,
      );
    });
    server.listen(port, host, resolve);
  });
}
