// A Bluetooth controller behind a byte stream: on a UART, or on TCP (the simulator, a controller of another machine).

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { TransportError } from '../transport.ts';
import type { Controller } from './controller.ts';
import { createH4Framing } from './h4-framing.ts';
import { openSerialPort } from './serial-port.ts';

export async function openTcp(host: string, port: number, signal: AbortSignal): Promise<Controller> {
  const name = `tcp:${host}:${port}`;
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort);
      reject(new TransportError('absent', `no Bluetooth controller at ${name}: ${error.message}`));
    });
  });
  return streamController(name, socket, () => {
    socket.destroy();
    return Promise.resolve();
  });
}

/** With hardware flow control, as H4 demands it. */
export async function openUart(path: string, baudRate: number, signal: AbortSignal): Promise<Controller> {
  const port = await openSerialPort({ path, baudRate, rtscts: true }, signal);
  return streamController(`uart:${path}`, port.stream, async () => {
    await port.close();
  });
}

function streamController(name: string, stream: Duplex, closeStream: () => Promise<void>): Controller {
  let lost: ((error: TransportError) => void) | undefined;
  const lose = (why: string): void => {
    lost?.(new TransportError('lost', `the Bluetooth controller ${name} is gone: ${why}`));
    lost = undefined;
  };
  stream.on('error', (error) => lose(error.message));
  stream.on('close', () => lose('the connection was closed'));
  return {
    name,
    start(packet, loseIt) {
      lost = loseIt;
      const framing = createH4Framing(packet);
      stream.on('data', (chunk: Buffer) => {
        if (!framing.push(chunk)) lose('what it sends is no H4');
      });
    },
    write: (packet) => void stream.write(packet),
    close() {
      lost = undefined;
      return closeStream();
    },
  };
}
