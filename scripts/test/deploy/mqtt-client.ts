// A client of MQTT 5 as small as a test of a broker's configuration needs it.

import { once } from 'node:events';
import { connect } from 'node:net';
import { parser as createParser, generate, type IPublishPacket, type Packet } from 'mqtt-packet';

export interface Client {
  /** QoS 1; resolves with the reason code of its confirmation. */
  publish(topic: string, payload: string): Promise<number>;
  subscribe(topic: string): Promise<void>;
  /** The next message that comes. */
  message(): Promise<{ readonly topic: string; readonly payload: string }>;
  close(): Promise<void>;
}

export interface Login {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
}

/** For ever, as the bridge asks for. */
const sessionSeconds = 0xffffffff;
const options = { protocolVersion: 5 } as const;

/** A session that outlives the connection. Rejects with the reason code of a refusal. */
export async function connectClient({ port, username, password, clientId }: Login): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  const parser = createParser(options);
  const send = (packet: Packet): void => void socket.write(generate(packet, options));
  const reasons: number[] = [];
  const messages: IPublishPacket[] = [];
  let arrived = Promise.withResolvers<void>();
  function tell(): void {
    arrived.resolve();
    arrived = Promise.withResolvers<void>();
  }
  parser.on('packet', (packet: Packet) => {
    if (packet.cmd === 'publish') {
      messages.push(packet);
      if (packet.messageId !== undefined) send({ cmd: 'puback', messageId: packet.messageId });
    } else if (packet.cmd === 'connack' || packet.cmd === 'puback') {
      reasons.push(packet.reasonCode ?? 0);
    } else {
      reasons.push(0);
    }
    tell();
  });
  socket.on('data', (bytes) => parser.parse(bytes));
  socket.on('close', tell);
  const next = async <Item>(items: Item[]): Promise<Item> => {
    for (;;) {
      const item = items.shift();
      if (item !== undefined) return item;
      if (socket.closed) throw new Error('the broker has gone');
      await arrived.promise;
    }
  };
  await once(socket, 'connect');
  send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clean: false,
    keepalive: 0,
    clientId,
    username,
    password: Buffer.from(password),
    properties: { sessionExpiryInterval: sessionSeconds },
  });
  const refusal = await next(reasons);
  if (refusal !== 0) {
    socket.destroy();
    throw new Error(`refused with 0x${refusal.toString(16)}`);
  }
  return {
    publish(topic, payload) {
      send({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false, messageId: 1 });
      return next(reasons);
    },
    async subscribe(topic) {
      send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic, qos: 1 }] });
      await next(reasons);
    },
    async message() {
      const { topic, payload } = await next(messages);
      return { topic, payload: payload.toString() };
    },
    async close() {
      const closed = once(socket, 'close');
      send({ cmd: 'disconnect', reasonCode: 0 });
      socket.end();
      await closed;
    },
  };
}
