// The embedded broker: a publisher is acknowledged when its message is durable. aedes sends the PUBACK after
// `authorizePublish` calls back, so that is called back after the group commit.

import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import type { Certificate } from '../certificate.ts';
import type { Intake } from '../intake/intake.ts';
import type { Store } from '../store.ts';
import type { LocalDays } from '../tiers/local-days.ts';
import { createClients } from './admission.ts';
import { createConnects } from './connect.ts';
import type { Gate } from './gate.ts';
import { createPace } from './pace.ts';
import { guardPackets } from './packet-guard.ts';
import { createPersistence, type Retained } from './persistence.ts';
import { createTopicTest, isReadingTopic, noRoom, storeBeforeAcknowledging } from './publishing.ts';
import { createRefusals, type RefusalCause, type Refusals, RefusedError } from './refusals.ts';
import { createRoster, type Roster } from './roster.ts';
import { createStateWriter } from './state-writer.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface BrokerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Messages of these topics go into the log; others are only passed on. */
  readonly topics: readonly string[];
  readonly intake: Pick<Intake, 'offer' | 'hasRoom'>;
  readonly store: Store;
  readonly gate: Gate;
  readonly nowMs: () => number;
  /** Of the site: a client's messages are counted by the day. */
  readonly days: Pick<LocalDays, 'start' | 'end'>;
  readonly report: (text: string) => void;
  readonly limits: BrokerLimits;
  /** Of TLS; without it everything passes in clear. */
  readonly certificate?: Certificate;
  /** Four of these after the start, the wills of clients that did not come back are published. */
  readonly heartbeatMs?: number;
}

export interface BrokerLimits {
  /** Of one packet. What is too large for a reading is set aside; only what is larger still ends the connection. */
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** Of one client, a second. */
  readonly rateMax: number;
}

export interface Broker {
  readonly port: number;
  connections(): number;
  readonly roster: Roster['view'];
  /** What was refused, by cause. */
  refused(): { readonly [cause in RefusalCause]: number };
  /** Resolves when it is durable, if it is retained, and passed on. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>;
  /** Sends the wills of those connected, as after any end of a broker, and closes. Close the intake after it. */
  close(): Promise<void>;
}

/** Before anyone is known: a CONNECT has five fields of at most 64 KiB. */
const firstPacketBytesMax = 384 * 1024;
/** From the connection to its CONNECT. */
const connectTimeoutMs = 10_000;
/** A subscriber that takes nothing for so long is disconnected: publishers wait for the slowest. */
const drainTimeoutMs = 10_000;

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, port, store, report, gate, limits } = options;
  // Else aedes makes a buffer of each number up to 65,535 beforehand: 8 MB, for two bytes of an acknowledgement.
  writeToStream.cacheNumbers = false;
  const refusals = createRefusals(report, steadyMs);
  const writer = createStateWriter(store, report);
  const { retained, persistence } = createPersistence(store, writer);
  const roster = createRoster(options.days, options.nowMs);
  const { hooks, clients, unsubscribed } = createHooks(options, retained, refusals, roster);
  const broker = await Aedes.createBroker({
    ...hooks,
    persistence,
    queueLimit: 1_000,
    maxClientsIdLength: 128,
    drainTimeout: drainTimeoutMs,
    heartbeatInterval: options.heartbeatMs ?? 60_000,
    connectTimeout: connectTimeoutMs,
  });
  gate.onChange(clients.endInvalid);
  broker.on('unsubscribe', (filters, client) => unsubscribed(client, filters));
  const sockets = new Set<Socket>();
  const server = createListener(options.certificate, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    guardPackets(socket, () =>
      clients.isAdmitted(socket)
        ? limits.packetBytesMax
        : Math.min(limits.packetBytesMax, firstPacketBytesMax),
    );
    broker.handle(socket);
  });
  server.maxConnections = limits.connectionsMax;
  sayProblems(broker, server, refusals, limits.connectionsMax);
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
    roster: roster.view,
    refused: refusals.counts,
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

const steadyMs = (): number => performance.now();

function createHooks(options: BrokerOptions, retained: Retained, refusals: Refusals, roster: Roster) {
  const { topics, intake, gate, nowMs, report, limits } = options;
  const isLogged = createTopicTest(topics);
  const { preConnect, willOf } = createConnects(report);
  const clients = createClients({
    ...{ gate, intake, willOf, refusals, roster },
    isReadingTopic: (topic) => isReadingTopic(isLogged, topic),
  });
  const { authorizeSubscribe, unsubscribed } = createSubscriptions(clients, refusals);
  const authorizePublish = storeBeforeAcknowledging({
    ...{ intake, isLogged, retained, clients, refusals, roster, nowMs },
    pace: createPace(limits.rateMax, steadyMs),
  });
  const { authenticate } = clients;
  const { authorizeForward } = roster;
  const hooks = { preConnect, authenticate, authorizeSubscribe, authorizePublish, authorizeForward };
  return { hooks, clients, unsubscribed };
}

function createListener(certificate: Certificate | undefined, take: (socket: Socket) => void): Server {
  if (certificate === undefined) return createServer(take);
  const server = createTlsServer({ ...certificate.read(), handshakeTimeout: connectTimeoutMs }, take);
  certificate.onChange((renewed) => server.setSecureContext(renewed));
  return server;
}

function sayProblems(
  broker: EventEmitter,
  server: Server,
  { refuse }: Refusals,
  connectionsMax: number,
): void {
  const sayOfClient = ({ id }: { readonly id: string | null }, error: Error): void => {
    // A client that tries MQTT 5 first is told so and comes again with 3.1.1.
    if (error.message === 'unacceptable protocol version' || error instanceof RefusedError) return;
    refuse('client', error.message, `client ${id ?? 'without a name'}: ${error.message}`);
  };
  broker.on('clientError', sayOfClient);
  broker.on('connectionError', sayOfClient);
  broker.on('error', (error: Error) => refuse('client', error.message, error.message));
  server.on('tlsClientError', (error: Error) =>
    refuse('client', 'tls', `a connection failed before MQTT began: ${error.message}`),
  );
  server.on('drop', () =>
    refuse('connection', '', `more than ${connectionsMax} connections; further ones are refused`),
  );
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
