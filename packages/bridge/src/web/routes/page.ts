// The page: files of a folder.

import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const yearSeconds = 365 * 24 * 3_600;

/** Files below `assets/` have a digest in their name and never change. */
export async function servePage(server: FastifyInstance, directory: string | undefined): Promise<void> {
  if (directory === undefined) {
    const text = 'The page is not built here. The numbers are at /api/devices.\n';
    server.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(text));
    return;
  }
  await server.register(fastifyStatic, {
    root: directory,
    cacheControl: false,
    preCompressed: true,
    decorateReply: false,
    setHeaders: (reply, path) => {
      const lasting = path.includes('/assets/');
      reply.header('cache-control', lasting ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
    },
  });
}
