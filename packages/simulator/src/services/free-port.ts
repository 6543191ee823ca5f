// A port on this machine that nobody listens on at the moment.

import { once } from 'node:events';
import { createServer } from 'node:net';

/** The usual port if nobody has it, else any free one. */
export async function freePort(usual = 0): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(usual, '127.0.0.1'), 'listening');
  } catch (error) {
    if (usual === 0) throw error;
    return freePort();
  }
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
