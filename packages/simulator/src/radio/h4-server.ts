// A virtual radio as an H4 byte stream on TCP, the way a controller on a UART is reached. For whole programs.

import { createServer, type Socket } from 'node:net';
import type { HostEnd, VirtualRadio } from './virtual-radio.ts';

export interface H4Server {
  readonly port: number;
  /** Fault: drops the connected host, as an unplugged adapter does; a new connection is accepted. */
  hangUp(): void;
  close(): Promise<void>;
}

/** The host that connected last owns the radio. Port 0: any free one. */
export async function serveH4(radio: VirtualRadio, port = 0, host = '127.0.0.1'): Promise<H4Server> {
  const hosts = new Map<Socket, HostEnd>();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const end = radio.attach((packet) => void socket.write(packet));
    hosts.set(socket, end);
    socket.on('data', (bytes) => end.write(bytes));
    // A host that dies resets the connection; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      hosts.delete(socket);
      end.detach();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, listening);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the H4 server has no port');
  const hangUp = (): void => {
    for (const [socket, end] of hosts) {
      end.detach();
      socket.destroy();
    }
  };
  return {
    port: address.port,
    hangUp,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        hangUp();
      }),
  };
}
