// One connection to the broker, from CONNECT to its end, with MQTT.js. Nothing outlives it: MQTT.js keeps its own
// queue empty, because nothing is published without a connection and its end rejects what was not confirmed.

import { setImmediate as turn } from 'node:timers/promises';
import { endedEarly, reasonCodeOf } from '@wattline/program';
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt';
import { explainConnect } from './connect-problem.ts';

export interface SessionOptions {
  /** mqtt://host:port or, with TLS, mqtts://host:port; may hold user and password. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Certificates of the authorities to trust, PEM. */
  readonly ca?: string;
  /** The same for every connection of an agent: a broker that still holds a dead one ends it, and with it its will. */
  readonly clientId: string;
  readonly will?: { readonly topic: string; readonly payload: string };
}

export type MqttVersion = '5' | '3.1.1';

/** Refused: only MQTT 5 tells; with 3.1.1 a forbidden message is confirmed like any other and is gone. */
export type PublishResult =
  | { readonly is: 'confirmed' }
  | { readonly is: 'refused'; readonly reason: string };

/** The connection ended before the message was confirmed: whether the broker has it is not known. */
export class ConnectionLost extends Error {}

export interface SessionEnd {
  readonly reason: string;
  /** The broker ended it, rather than the network or the agent. */
  readonly byBroker: boolean;
}

export interface Session {
  readonly version: MqttVersion;
  /** How many messages may be unconfirmed at a time. */
  readonly window: number;
  /** QoS 1. Rejects with ConnectionLost. */
  publish(topic: string, payload: string, retain: boolean): Promise<PublishResult>;
  /** QoS 1. Rejects with ConnectionLost, or with the broker's refusal. */
  subscribe(topic: string): Promise<void>;
  readonly ended: Promise<SessionEnd>;
  /** Says goodbye, so that the will is not published. */
  close(): Promise<void>;
}

type OnMessage = (topic: string, payload: string) => void;

/** Unconfirmed messages at a time, unless the broker wants fewer. */
const windowMax = 50;
const connectTimeoutMs = 10_000;
const confirmTimeoutMs = 60_000;
const closeTimeoutMs = 2_000;
const keepaliveSeconds = 30;

/** The signal ends the attempt, not the connection. Rejects with ConnectProblem. */
export async function openSession(
  options: SessionOptions,
  version: MqttVersion,
  onMessage: OnMessage,
  signal: AbortSignal,
): Promise<Session> {
  // Loading MQTT.js takes some 20 ms: the radio has its first orders before, and works meanwhile.
  await turn();
  const { default: mqtt } = await import('mqtt');
  const { host } = new URL(options.url);
  if (signal.aborted) throw explainConnect(new Error('stopped'), host);
  const client = mqtt.connect(clientOptions(options, version));
  const connected = Promise.withResolvers<Session>();
  const ended = Promise.withResolvers<SessionEnd>();
  let last: SessionEnd = { reason: 'it ended the connection', byBroker: true };
  const end = (cause: unknown = new Error(endedEarly)): void => {
    signal.removeEventListener('abort', abandon);
    connected.reject(explainConnect(cause, host));
    ended.resolve(last);
    client.end(true);
  };
  const endBecause = (error: Error): void => {
    last = { reason: error.message, byBroker: false };
    end(error);
  };
  const abandon = (): void => endBecause(new Error('stopped'));
  signal.addEventListener('abort', abandon);
  client.on('connect', (connack) => {
    signal.removeEventListener('abort', abandon);
    connected.resolve(sessionOf(client, version, connack, ended.promise));
  });
  client.on('message', (topic, payload) => onMessage(topic, payload.toString('utf8')));
  client.on('disconnect', ({ reasonCode }) => {
    last = { reason: `it ended the connection (${disconnectReason(reasonCode)})`, byBroker: true };
  });
  client.on('error', endBecause);
  client.on('close', () => end());
  return connected.promise;
}

function clientOptions(options: SessionOptions, version: MqttVersion): IClientOptions {
  const { protocol, hostname, port, ...url } = parseUrl(options.url);
  const tls = protocol === 'mqtts:';
  const { username = url.username, password = url.password, ca, will } = options;
  return {
    protocol: tls ? 'mqtts' : 'mqtt',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (tls ? 8883 : 1883)),
    protocolVersion: version === '5' ? 5 : 4,
    clientId: options.clientId,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    // Each connection is a new client; the publisher decides when.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // A buffer for each of 65536 numbers, made in advance: 20 ms and 16 MB before the first message.
    writeCache: false,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(will === undefined
      ? {}
      : { will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  };
}

function parseUrl(text: string): Pick<URL, 'protocol' | 'hostname' | 'port' | 'username' | 'password'> {
  const { protocol, hostname, port, username, password } = new URL(text);
  return {
    protocol,
    hostname,
    port,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

function sessionOf(
  client: MqttClient,
  version: MqttVersion,
  connack: IConnackPacket,
  ended: Promise<SessionEnd>,
): Session {
  const unconfirmed = new Map<number, (lost: ConnectionLost) => void>();
  let silence: NodeJS.Timeout | undefined;
  // A broker that confirms nothing would keep the window full for ever.
  const expectConfirmation = (): void => {
    clearTimeout(silence);
    if (unconfirmed.size === 0) return;
    silence = setTimeout(
      () => client.emit('error', new Error(`nothing confirmed for ${confirmTimeoutMs / 1000} s`)),
      confirmTimeoutMs,
    );
  };
  void ended.then(({ reason }) => {
    for (const reject of unconfirmed.values()) reject(new ConnectionLost(reason));
    unconfirmed.clear();
    clearTimeout(silence);
  });
  return {
    version,
    window: Math.min(windowMax, connack.properties?.receiveMaximum ?? windowMax),
    publish(topic, payload, retain) {
      if (!client.connected || client.disconnecting)
        return Promise.reject(new ConnectionLost('there is no connection'));
      const { promise, resolve, reject } = Promise.withResolvers<PublishResult>();
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        unconfirmed.delete(id);
        expectConfirmation();
        if (!error) resolve({ is: 'confirmed' });
        else if (reasonCodeOf(error) !== undefined) resolve({ is: 'refused', reason: refusal(error) });
        else reject(new ConnectionLost(error.message));
      });
      const id = client.getLastMessageId();
      unconfirmed.set(id, reject);
      if (unconfirmed.size === 1) expectConfirmation();
      return promise;
    },
    async subscribe(topic) {
      try {
        await client.subscribeAsync(topic, { qos: 1 });
      } catch (error) {
        throw client.connected ? error : new ConnectionLost('the connection ended');
      }
    },
    ended,
    async close() {
      // MQTT.js would wait for confirmations before it says goodbye.
      for (const id of [...unconfirmed.keys()]) client.removeOutgoingMessage(id);
      const timer = setTimeout(() => client.end(true), closeTimeoutMs);
      client.end(false);
      await ended;
      clearTimeout(timer);
    },
  };
}

const refusal = (error: Error): string =>
  `${error.message.replace(/^Publish error: /, '')} (0x${reasonCodeOf(error)?.toString(16)})`;

const disconnectReason = (code: number | undefined): string =>
  code === 0x8e
    ? 'another program connected with the same client id: two agents of one name?'
    : `reason 0x${(code ?? 0).toString(16)}`;
