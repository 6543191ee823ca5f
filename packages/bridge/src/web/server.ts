// The bridge's HTTP server: the API and the page.

import Fastify, { type FastifyInstance } from 'fastify';
import type { Live } from '../live/live.ts';
import { guardAccess } from './access.ts';
import { answerErrors } from './errors.ts';
import { type EventStream, startEventStream } from './event-stream.ts';
import { serveDevices } from './routes/devices.ts';
import { serveEvents } from './routes/events.ts';

const bodyBytesMax = 16_384;
/** For a request to arrive whole. */
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 65_000;
const parameterLengthMax = 256;

export interface WebParts {
  readonly live: Live;
  readonly clock: () => number;
  /** Names the page answers to beside those of this machine itself. */
  readonly hosts: readonly string[];
  /** A request that failed by our fault. */
  readonly onFailure: (error: unknown, url: string) => void;
}

export interface Web {
  readonly server: FastifyInstance;
  readonly events: Pick<EventStream, 'counts'>;
}

/** Builds the server; the caller listens and closes. The live view is stepped from now until it is closed. */
export async function createWeb(parts: WebParts): Promise<Web> {
  const { live, clock } = parts;
  const server = Fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: parameterLengthMax },
  });
  answerErrors(server, parts.onFailure);
  guardAccess(server, parts.hosts);
  const events = startEventStream(live, clock);
  server.addHook('preClose', async () => events.close());
  serveDevices(server, { devices: live.devices, clock });
  serveEvents(server, events);
  await server.ready();
  return { server, events };
}
