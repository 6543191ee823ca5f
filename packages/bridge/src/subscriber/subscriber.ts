// An external broker: messages of a session that the broker keeps for us are acknowledged when they are durable.
// MQTT.js keeps the connection; messages are taken out of its stream before it (publish-stream.ts), and the PUBACKs of a
// whole group are written after the commit.

import { createConnection, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { endedEarly, explainFailure } from '@wattline/program';
import { type IClientOptions, MqttClient } from 'mqtt';
import type { Answer, Intake } from '../intake/intake.ts';
import type { Message } from '../message.ts';
import { type Delivered, withoutPublishes } from './publish-stream.ts';

export interface SubscriberOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string;
  /** The broker keeps the session under it: the same after every start, and no other client's. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Certificate authority, PEM. */
  readonly ca?: string;
  readonly topics: readonly string[];
  /** Bridges of one group share the readings among them. */
  readonly group?: string;
  readonly intake: Pick<Intake, 'offer' | 'hasRoom' | 'whenRoom'>;
  readonly nowMs: () => number;
  readonly report: (text: string) => void;
}

export interface Subscriber {
  /** `undefined` while all is well. */
  problem(): string | undefined;
  /** Resolves when the broker has confirmed it. @throws Error in words while there is no connection. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>;
  /** Takes nothing more, waits a little for what is in to be stored and acknowledged, and leaves. */
  close(): Promise<void>;
}

/** How long the broker keeps the session of a bridge that is away (MQTT 5; with 3.1.1 it decides alone). */
const sessionSeconds = 30 * 86_400;
/** What the broker sends before the first is acknowledged; brokers that speak 3.1.1 have a window of their own. */
const receiveMaximum = 1_000;
const reconnectMs = { min: 500, max: 30_000 };
const closeMs = 2_000;
/** Connection refused, unacceptable protocol version: in the words of 3.1.1, and of 5. */
const versionRefusals = new Set([1, 132]);
/** A connection that lasted so long was no trial. */
const stableMs = 10_000;
const grantedMax = 2;

export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { url, clientId, topics, group, report } = options;
  const handler = createHandler(options);
  const client: MqttClient = new MqttClient(({ options: { protocolVersion } }) => {
    const socket = openSocket(options);
    const { hasRoom, whenRoom } = handler;
    const take = handler.takeFrom(socket);
    return withoutPublishes({ socket, protocolVersion, nowMs: options.nowMs, hasRoom, whenRoom, take });
  }, connectOptions(options));
  let problem: string | undefined = 'not connected yet';
  let said: string | undefined;

  const fail = (text: string): void => {
    problem = text;
    if (said !== text) report(`Broker ${url}: ${text}. Trying again.`);
    said = text;
  };
  /** Of this attempt: what became of it is known, or it succeeded. */
  let isExplained = false;
  client.on('error', (error) => {
    isExplained = true;
    const code = 'code' in error ? error.code : undefined;
    if (client.options.protocolVersion === 5 && versionRefusals.has(Number(code))) {
      client.options.protocolVersion = 4;
      client.options.reconnectPeriod = 1;
    } else {
      fail(explainFailure(error, 'broker'));
    }
  });
  let stable = false;
  let stableTimer: NodeJS.Timeout | undefined;
  client.on('close', () => {
    clearTimeout(stableTimer);
    if (problem === undefined && !client.disconnecting) {
      fail(
        stable
          ? 'connection lost'
          : `connection lost soon after it was made; is ${clientId} the client_id of another bridge as well?`,
      );
    } else if (!isExplained && !client.disconnecting) {
      fail(endedEarly);
    }
    isExplained = false;
    // Counts for the attempt after this one.
    client.options.reconnectPeriod = Math.min(
      reconnectMs.max,
      Math.max(reconnectMs.min, 2 * (client.options.reconnectPeriod ?? 0)),
    );
    stable = false;
  });
  client.on('connect', () => {
    isExplained = true;
    stableTimer = setTimeout(() => {
      stable = true;
      client.options.reconnectPeriod = reconnectMs.min;
    }, stableMs).unref();
    subscribe(client, shared(topics, group), (refused) => {
      if (refused !== undefined) return fail(refused);
      if (said !== undefined) report(`Broker ${url}: connected.`);
      problem = undefined;
      said = undefined;
    });
  });
  client.handleMessage = handler.takeFromLibrary;

  return {
    problem: () => problem,
    publish: async (topic, payload, { retain }) => {
      if (problem !== undefined) throw new Error(`The broker cannot be reached: ${problem}`);
      await client.publishAsync(topic, payload, { qos: 1, retain });
    },
    close: async () => {
      await Promise.race([handler.finish(), wait(closeMs, undefined, { ref: false })]);
      const force = setTimeout(() => client.stream.destroy(), closeMs);
      await client.endAsync();
      clearTimeout(force);
    },
  };
}

/** To the broker; a certificate that is not the broker's ends it. */
function openSocket({ url, ca }: SubscriberOptions): Duplex {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === 'mqtts:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const address = { host, port: Number(port || (isTls ? 8883 : 1883)) };
  if (!isTls) return createConnection(address);
  return connectTls({
    ...address,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
}

function connectOptions({ url, clientId, username, password }: SubscriberOptions): IClientOptions {
  return {
    protocol: url.startsWith('mqtts:') ? 'mqtts' : 'mqtt',
    clientId,
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: sessionSeconds, receiveMaximum },
    reconnectPeriod: reconnectMs.min,
    reconnectOnConnackError: true,
    // Subscribed anew on every connection instead: the broker may have lost the session.
    resubscribe: false,
    connectTimeout: 10_000,
    keepalive: 30,
    // Else MQTT.js makes a buffer of each number up to 65,535 beforehand: 8 MB for the few that we let it write.
    writeCache: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** Readings are shared out in the group; the state of an agent is for every bridge. */
const shared = (topics: readonly string[], group: string | undefined): string[] =>
  topics.map((topic) =>
    group === undefined || topic.startsWith('wattline/agent/') ? topic : `$share/${group}/${topic}`,
  );

/** `refused`: what the broker does not give, in words. */
export function subscribe(client: MqttClient, topics: string[], done: (refused?: string) => void): void {
  client.subscribe(topics, { qos: 1 }, (error, granted, packet) => {
    const codes = packet?.granted ?? granted?.map(({ qos }) => qos) ?? [];
    const refused = topics.filter((_, index) => Number(codes[index] ?? 0) > grantedMax);
    if (refused.length > 0)
      done(`the broker does not let ${client.options.clientId} read ${refused.join(', ')}`);
    else if (error) done(`subscribing failed: ${error.message}`);
    else done();
  });
}

/** Suppresses the acknowledgement that MQTT.js would send, and nothing else. */
const held = new Error('acknowledged after the commit');

function createHandler({ intake, nowMs }: SubscriberOptions) {
  const block = createBlock(intake);
  let pending = 0;
  let finished: (() => void) | undefined;
  const offer = <Offered extends Message>(message: Offered, stored: Answer<Offered>): void => {
    pending++;
    intake.offer(message, stored);
  };
  const end = (): void => {
    pending--;
    if (pending === 0) finished?.();
  };
  const takeFrom = (socket: Duplex): ((message: Delivered) => void) => {
    const acknowledge = createAcknowledger(socket);
    const stored: Answer<Delivered> = (_, { messageId }) => {
      if (messageId !== undefined) acknowledge(messageId);
      end();
    };
    return (message) => {
      // Not acknowledged: the broker keeps it for the next time. Read on, so that the connection can end.
      if (finished === undefined) offer(message, stored);
    };
  };
  /** Messages of QoS 2. */
  const takeFromLibrary: MqttClient['handleMessage'] = ({ topic, payload, retain }, done) => {
    if (finished !== undefined) return done(held);
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const message = { topic: topic.toString(), payload: bytes, receivedMs: nowMs(), retained: retain };
    offer(message, () => {
      done();
      end();
    });
  };
  return {
    takeFrom,
    takeFromLibrary,
    hasRoom: () => finished !== undefined || intake.hasRoom(),
    whenRoom: block.until,
    finish: (): Promise<void> =>
      new Promise((resolve) => {
        finished = resolve;
        block.release();
        if (pending === 0) resolve();
      }),
  };
}

/** Who waits for room. A connection waits once; one that ended, no more. */
function createBlock(intake: SubscriberOptions['intake']) {
  let blocked: (() => void) | undefined;
  const release = (): void => {
    const resume = blocked;
    blocked = undefined;
    resume?.();
  };
  return {
    until: (resume: () => void): void => {
      const waits = blocked !== undefined;
      blocked = resume;
      if (!waits) intake.whenRoom(release);
    },
    release,
  };
}

/** Writes the PUBACKs of a commit together, in order, to the connection that their messages came on. */
function createAcknowledger(socket: Duplex) {
  let due: number[] = [];
  const flush = (): void => {
    const bytes = Buffer.allocUnsafe(due.length * pubackBytes);
    let at = 0;
    for (const messageId of due) {
      at = bytes.writeUInt16BE(pubackHead, at);
      at = bytes.writeUInt16BE(messageId, at);
    }
    due = [];
    if (!socket.destroyed) socket.write(bytes);
  };
  return (messageId: number): void => {
    if (due.length === 0) queueMicrotask(flush);
    due.push(messageId);
  };
}

/** Type and length of a PUBACK without a reason, which both versions read as success. */
const pubackHead = 0x4002;
const pubackBytes = 4;
