// POST /api/readmit

import type { FastifyInstance } from 'fastify';
import type { Readmitted } from '../../log/readmit.ts';
import { requireLoopback } from '../access.ts';

interface Parts {
  readonly readmit: () => Promise<readonly Readmitted[]>;
}

export function serveReadmit(server: FastifyInstance, { readmit }: Parts): void {
  server.post('/api/readmit', async (request) => {
    requireLoopback(request);
    return { readmitted: await readmit() };
  });
}
