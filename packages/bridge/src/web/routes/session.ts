// /api/session: who I am to the bridge; POST signs in, POST /api/session/end signs out.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { passwordLengthMax } from '../../users/password.ts';
import type { Users } from '../../users/users.ts';
import type { IdentityOf } from '../access.ts';
import type { SessionView } from '../api.ts';
import { RequestError } from '../errors.ts';
import { type Identity, mayRead, sessionCookie, signIn, tokenOf } from '../identity.ts';
import { parseRequest } from '../query.ts';
import { type Sessions, sessionMs } from '../sessions.ts';

interface Parts {
  readonly users: Pick<Users, 'signIn' | 'find'>;
  readonly sessions: Sessions;
  readonly identityOf: IdentityOf;
  readonly isTls: boolean;
  readonly allowsAnonymous: boolean;
}

const bodyShape = z.strictObject({
  name: z.string().max(64),
  password: z.string().max(passwordLengthMax),
});

export const openRoutes = ['/api/session', '/api/session/end'];

export function serveSession(server: FastifyInstance, parts: Parts): void {
  const { users, sessions, identityOf, isTls, allowsAnonymous } = parts;
  const view = (identity: Identity): SessionView => ({
    user: identity.is === 'user' ? identity.name : null,
    may_read: allowsAnonymous || mayRead(identity),
  });
  const cookie = (request: FastifyRequest, value: string, ageSeconds: number): string => {
    const isSecure = isTls || request.headers['x-forwarded-proto'] === 'https';
    return `${sessionCookie}=${value}; Path=/; Max-Age=${ageSeconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  };
  server.get('/api/session', (request) => view(identityOf(request)));
  server.post('/api/session', async (request, reply) => {
    const identity = await signIn(users, parseRequest(bodyShape, request.body), request);
    const user = users.find(identity.name);
    if (user === undefined || !mayRead(identity))
      throw new RequestError(403, 'role', 'This user is for the broker; the page is for viewers and admins.');
    const before = tokenOf(request);
    if (before !== undefined) sessions.end(before);
    reply.header('set-cookie', cookie(request, sessions.begin(user), sessionMs / 1000));
    return view(identity);
  });
  server.post('/api/session/end', (request, reply) => {
    const token = tokenOf(request);
    if (token !== undefined) sessions.end(token);
    reply.header('set-cookie', cookie(request, '', 0));
    return view({ is: 'nobody' });
  });
}
