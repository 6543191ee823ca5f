// A real Mosquitto for a measurement, and a publisher that costs next to nothing.

import { createConnection, type Socket } from 'node:net';
import { parser as createParser, generate } from 'mqtt-packet';
import { type Mosquitto, startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';

/** Mosquitto as our example configures it, without its users. */
export const startExampleMosquitto = (): Promise<Mosquitto> =>
  startMosquitto({
    lines: [
      'persistence true',
      'autosave_interval 60',
      'max_queued_bytes 268435456',
      // Brokers that speak 3.1.1 have a window of their own.
      'max_inflight_messages 2000',
    ],
  });

export interface Publisher {
  /** Publishes at QoS 1 with a bounded window; resolves when the broker has confirmed all. */
  publish(count: number, messageOf: (index: number) => { topic: string; payload: string }): Promise<void>;
  close(): void;
}

const windowMax = 400;

export async function connectPublisher(port: number, clientId: string): Promise<Publisher> {
  const socket: Socket = createConnection(port, '127.0.0.1');
  const parser = createParser({ protocolVersion: 4 });
  let confirmed: () => void = () => undefined;
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    parser.on('packet', ({ cmd }) => {
      if (cmd === 'connack') resolve();
      else if (cmd === 'puback') confirmed();
    });
  });
  socket.on('data', (bytes) => parser.parse(bytes));
  const hello = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    clientId,
  } as const;
  socket.write(generate(hello));
  await connected;
  return {
    publish: (count, messageOf) =>
      new Promise((done) => {
        let sent = 0;
        let acknowledged = 0;
        const fill = (): void => {
          const frames: Buffer[] = [];
          while (sent < count && sent - acknowledged < windowMax) {
            const message = messageOf(sent);
            const messageId = (sent++ % 65_535) + 1;
            frames.push(
              generate({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId, ...message }),
            );
          }
          if (frames.length > 0) socket.write(Buffer.concat(frames));
        };
        confirmed = () => {
          acknowledged++;
          if (acknowledged === count) done();
          else if (sent - acknowledged < windowMax / 2) fill();
        };
        fill();
      }),
    close: () => socket.destroy(),
  };
}
