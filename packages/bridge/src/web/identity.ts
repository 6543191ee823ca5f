// Who asks: somebody at this machine, somebody signed in (by a session or, for scripts, by name and password), or nobody.

import type { FastifyRequest } from 'fastify';
import type { Users } from '../users/users.ts';
import type { Role } from '../users/users-file.ts';
import { hostOf, isLoopbackAddress, isLoopbackName } from './addresses.ts';
import { RequestError } from './errors.ts';
import type { Sessions } from './sessions.ts';

export type Identity =
  /** At the machine of the bridge, through no proxy. */
  | { readonly is: 'local' }
  | { readonly is: 'user'; readonly name: string; readonly role: Role }
  | { readonly is: 'nobody' };

export interface Identifier {
  /** @throws RequestError 401 and 429 when name and password are sent with the request and are wrong */
  identify(request: FastifyRequest): Promise<Identity>;
}

export const sessionCookie = 'wattline_session';

export const createIdentifier = (
  users: Pick<Users, 'signIn'>,
  sessions: Pick<Sessions, 'find'>,
): Identifier => ({
  identify: async (request) => {
    if (isLocal(request)) return { is: 'local' };
    const token = tokenOf(request);
    const user = token === undefined ? undefined : sessions.find(token);
    if (user !== undefined) return { is: 'user', name: user.name, role: user.role };
    const basic = basicOf(request.headers.authorization);
    if (basic === undefined) return { is: 'nobody' };
    return signIn(users, basic, request);
  },
});

interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** @throws RequestError 401, or 429 when there were too many tries */
export async function signIn(
  users: Pick<Users, 'signIn'>,
  { name, password }: Credentials,
  request: FastifyRequest,
): Promise<Extract<Identity, { is: 'user' }>> {
  const found = await users.signIn(name, password, addressOf(request));
  if (found.is === 'later') {
    const message = `There were too many wrong passwords. Try again in ${found.seconds} s.`;
    throw new RequestError(429, 'later', message, { 'retry-after': String(found.seconds) });
  }
  if (found.is === 'unknown')
    throw new RequestError(401, 'sign_in', 'There is no such user, or the password is another.');
  return { is: 'user', name: found.user.name, role: found.user.role };
}

export const mayRead = (identity: Identity): boolean =>
  identity.is === 'local' ||
  (identity.is === 'user' && (identity.role === 'viewer' || identity.role === 'admin'));

export const mayAct = (identity: Identity): boolean =>
  identity.is === 'local' || (identity.is === 'user' && identity.role === 'admin');

/** A browser that came by a foreign name, or through a proxy, comes from anywhere. */
export function isLocal(request: FastifyRequest): boolean {
  const { remoteAddress, localAddress } = request.socket;
  if (remoteAddress === undefined || isProxied(request)) return false;
  // Its own address on the network is this machine too.
  const isHere = isLoopbackAddress(remoteAddress) || remoteAddress === localAddress;
  return isHere && isLoopbackName(hostOf(request.headers.host));
}

const isProxied = ({ headers }: FastifyRequest): boolean =>
  Object.keys(headers).some(
    (name) =>
      name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-'),
  );

/** Whose tries are counted: behind a proxy on this machine, the address it saw. `undefined`: of this machine. */
function addressOf(request: FastifyRequest): string | undefined {
  if (isLocal(request)) return undefined;
  const { remoteAddress = 'unknown' } = request.socket;
  if (!isLoopbackAddress(remoteAddress)) return remoteAddress;
  const forwarded = request.headers['x-forwarded-for'];
  const last = (Array.isArray(forwarded) ? forwarded.join() : (forwarded ?? '')).split(',').at(-1)?.trim();
  return last === undefined || last === '' ? remoteAddress : last.slice(0, 64);
}

export function tokenOf(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === sessionCookie) return value;
  }
  return undefined;
}

function basicOf(header: string | undefined): Credentials | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
