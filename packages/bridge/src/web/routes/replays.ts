// POST /api/sinks/:name/replay begins to fill a sink again; GET says how far it is.

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type IdentityOf, requireActor } from '../access.ts';
import { RequestError } from '../errors.ts';
import { parseRequest } from '../query.ts';
import type { ReplayView } from '../status-views.ts';

export interface ReplaySink {
  readonly name: string;
  /** `undefined`: one goes on already. */
  replay(span: { readonly fromMs: number; readonly toMs: number }): ReplayView | undefined;
  /** Of the one that goes on, or was the last. */
  replayed(): ReplayView | undefined;
}

const timeMsMax = 8_640_000_000_000_000;
const time = z.int({ error: 'expected ms since 1970' }).min(0).max(timeMsMax);
const bodyShape = z.strictObject({ from: time, to: time });

export function serveReplays(
  server: FastifyInstance,
  sinks: readonly ReplaySink[],
  identityOf: IdentityOf,
): void {
  const sinkOf = (params: unknown): ReplaySink => {
    const { name } = parseRequest(z.object({ name: z.string() }), params);
    const sink = sinks.find((each) => each.name === name);
    if (sink !== undefined) return sink;
    throw new RequestError(404, 'not_found', `No sink is called "${name}"; /api/status lists them.`);
  };
  server.get('/api/sinks/:name/replay', (request) => {
    requireActor(identityOf(request));
    const view = sinkOf(request.params).replayed();
    if (view !== undefined) return view;
    throw new RequestError(404, 'not_found', 'This sink was not replayed since the bridge started.');
  });
  server.post('/api/sinks/:name/replay', (request, reply) => {
    requireActor(identityOf(request));
    const sink = sinkOf(request.params);
    const { from, to } = parseRequest(bodyShape, request.body);
    const view = sink.replay({ fromMs: from, toMs: to });
    if (view !== undefined) return reply.status(202).send(view);
    throw new RequestError(409, 'busy', `Sink ${sink.name} is being filled again already.`);
  });
}
