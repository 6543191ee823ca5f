// One connection to the broker, from CONNECT to its end, with MQTT.js. Nothing outlives it: MQTT.js keeps its own
// queue empty, because nothing is published without a connection and its end rejects what was not confirmed.

import mqtt, { ErrorWithReasonCode, type IConnackPacket, type MqttClient } from 'mqtt';
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

export interface Session {
  readonly version: MqttVersion;
  /** How many messages may be unconfirmed at a time. */
  readonly window: number;
  /** QoS 1. Rejects with ConnectionLost. */
  publish(topic: string, payload: string, retain: boolean): Promise<PublishResult>;
  /** QoS 1. Rejects when the broker refuses or the connection ends. */
  subscribe(topic: string): Promise<void>;
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<string>;
  /** Says goodbye, so that the will is not published. */
  close(): Promise<void>;
}

export type OnMessage = (topic: string, payload: string) => void;

/** Unconfirmed messages at a time, unless the broker wants fewer. */
const windowMax = 50;
const connectTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;
const keepaliveSeconds = 30;

/** The signal ends the attempt, not the connection. Rejects with ConnectProblem. */
export function openSession(
  options: SessionOptions,
  version: MqttVersion,
  onMessage: OnMessage,
  signal: AbortSignal,
): Promise<Session> {
  const client = connectClient(options, version);
  const { host } = new URL(options.url);
  const connected = Promise.withResolvers<Session>();
  const ended = Promise.withResolvers<string>();
  let reason = new Error('it ended the connection');
  const abandon = (): unknown => client.end(true);
  signal.addEventListener('abort', abandon);
  client.on('connect', (connack) => {
    signal.removeEventListener('abort', abandon);
    connected.resolve(sessionOf(client, version, connack, ended.promise));
  });
  client.on('message', (topic, payload) => onMessage(topic, payload.toString('utf8')));
  client.on('disconnect', ({ reasonCode }) => {
    reason = new Error(`it ended the connection (${disconnectReason(reasonCode)})`);
  });
  const end = (): void => {
    signal.removeEventListener('abort', abandon);
    connected.reject(explainConnect(reason, host));
    ended.resolve(reason.message);
    client.end(true);
  };
  client.on('error', (error) => {
    reason = error;
    end();
  });
  client.on('close', end);
  return connected.promise;
}

function connectClient(options: SessionOptions, version: MqttVersion): MqttClient {
  const { protocol, hostname, port, ...url } = parseUrl(options.url);
  const tls = protocol === 'mqtts:';
  const { username = url.username, password = url.password, ca, will } = options;
  return mqtt.connect({
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
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(will === undefined
      ? {}
      : { will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  });
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
  ended: Promise<string>,
): Session {
  const unconfirmed = new Map<number, (lost: ConnectionLost) => void>();
  const lose = (why: string): void => {
    for (const reject of unconfirmed.values()) reject(new ConnectionLost(why));
    unconfirmed.clear();
  };
  void ended.then(lose);
  return {
    version,
    window: Math.min(windowMax, connack.properties?.receiveMaximum ?? windowMax),
    publish(topic, payload, retain) {
      const { promise, resolve, reject } = Promise.withResolvers<PublishResult>();
      if (!client.connected || client.disconnecting)
        return Promise.reject(new ConnectionLost('there is no connection'));
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        unconfirmed.delete(id);
        if (!error) resolve({ is: 'confirmed' });
        else if (error instanceof ErrorWithReasonCode) resolve({ is: 'refused', reason: refusal(error) });
        else reject(new ConnectionLost(error.message));
      });
      const id = client.getLastMessageId();
      unconfirmed.set(id, reject);
      return promise;
    },
    async subscribe(topic) {
      await client.subscribeAsync(topic, { qos: 1 });
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

const refusal = ({ message, code }: ErrorWithReasonCode): string =>
  `${message.replace(/^Publish error: /, '')} (0x${code.toString(16)})`;

const disconnectReason = (code: number | undefined): string =>
  code === 0x8e
    ? 'another program connected with the same client id: two agents of one name?'
    : `reason 0x${(code ?? 0).toString(16)}`;
