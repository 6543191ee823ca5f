// A real Mosquitto for a measurement, and a publisher that costs next to nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parser as createParser, generate } from 'mqtt-packet';

export interface Mosquitto {
  readonly port: number;
  stop(): void;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts Mosquitto as our example configures it, without its users. Needs Debian's package mosquitto. */
export async function startMosquitto(folder: string): Promise<Mosquitto> {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\nuser root\n` +
      'autosave_interval 60\nmax_queued_messages 0\nmax_queued_bytes 268435456\n',
  );
  const child: ChildProcess = spawn('mosquitto', ['-c', file], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', () => reject(new Error('mosquitto is missing: sudo apt install mosquitto')));
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([reachable(port), failed]);
  return { port, stop: () => child.kill('SIGKILL') };
}

export async function reachable(port: number): Promise<void> {
  for (;;) {
    const socket = createConnection(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(20);
  }
}

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
