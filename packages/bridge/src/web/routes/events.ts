// /api/events

import type { FastifyInstance } from 'fastify';
import { RequestError } from '../errors.ts';
import { clientsMax, type EventStream } from '../event-stream.ts';

export function serveEvents(server: FastifyInstance, events: Pick<EventStream, 'attach'>): void {
  server.get('/api/events', { exposeHeadRoute: false }, (_request, reply) => {
    if (!events.attach(reply.raw, reply.getHeaders())) {
      throw new RequestError(503, 'busy', `${clientsMax} pages listen already; close one.`);
    }
    reply.hijack();
  });
}
