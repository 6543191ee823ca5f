// /api/status, /api/faults, /healthz, /readyz, /metrics

import type { FastifyInstance } from 'fastify';
import { type IdentityOf, requireActor } from '../access.ts';
import { errorView } from '../errors.ts';
import type { EventStream } from '../event-stream.ts';
import { mayRead } from '../identity.ts';
import { createMetrics, timeRequests } from '../metrics.ts';
import { type StatusSources, statusView } from '../status.ts';

interface Parts {
  readonly sources: StatusSources;
  readonly events: Pick<EventStream, 'counts'>;
  readonly clock: () => number;
  readonly identityOf: IdentityOf;
  readonly allowsAnonymous: boolean;
}

/** Must come before the routes that are to be timed. */
export function serveOperations(server: FastifyInstance, parts: Parts): void {
  const { sources, events, clock, identityOf, allowsAnonymous } = parts;
  const metrics = createMetrics(sources, events, clock);
  timeRequests(server, metrics.register);
  server.get('/metrics', async (_request, reply) => {
    reply.type(metrics.register.contentType);
    return metrics.scrape();
  });
  server.get('/api/status', () => statusView(sources, events.counts, clock()));
  server.get('/api/faults', (request) => {
    requireActor(identityOf(request));
    return { faults: sources.faults?.() ?? [] };
  });
  server.get('/healthz', () => ({ alive: true }));
  server.get('/readyz', (request, reply) => {
    const reasons = sources.notReady();
    if (reasons.length === 0) return { ready: true, reasons };
    reply.status(503);
    // Whether is for every load balancer, why is not for strangers.
    if (!allowsAnonymous && !mayRead(identityOf(request))) return { ready: false };
    return { ready: false, reasons, ...errorView('not_ready', reasons.join('; ')) };
  });
}
