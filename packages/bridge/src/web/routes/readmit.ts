// POST /api/readmit

import type { FastifyInstance } from 'fastify';
import type { Readmitted } from '../../log/readmit.ts';
import { type IdentityOf, requireActor } from '../access.ts';

interface Parts {
  readonly identityOf: IdentityOf;
  readonly readmit: () => Promise<readonly Readmitted[]>;
}

export function serveReadmit(server: FastifyInstance, { readmit, identityOf }: Parts): void {
  server.post('/api/readmit', async (request) => {
    requireActor(identityOf(request));
    return { readmitted: await readmit() };
  });
}
