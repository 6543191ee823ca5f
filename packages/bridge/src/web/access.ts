// Who may ask what: host names, methods, origins, headers, users. A page of a foreign site must not get in by a name that
// points here (Host), nor write (Origin). Everything is closed that is not said to be open.

import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hostOf, isLoopbackName } from './addresses.ts';
import { RequestError } from './errors.ts';
import { type Identifier, type Identity, mayAct, mayRead } from './identity.ts';

const headers = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export type IdentityOf = (request: FastifyRequest) => Identity;

interface AccessOptions {
  /** Names the page answers to beside those of this machine itself. */
  readonly hosts: readonly string[];
  readonly identifier: Identifier;
  /** Whoever reaches the page may read it. */
  readonly allowsAnonymous: boolean;
  /** Patterns of routes that hold no data of the site, as they are declared. */
  readonly openRoutes: readonly string[];
}

/** Must come before the routes. */
export function guardAccess(server: FastifyInstance, options: AccessOptions): IdentityOf {
  const { identifier, allowsAnonymous } = options;
  const hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
  const openRoutes = new Set(options.openRoutes);
  const identities = new WeakMap<FastifyRequest, Identity>();
  const identityOf: IdentityOf = (request) => identities.get(request) ?? { is: 'nobody' };
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const { url: route } = request.routeOptions;
    if (route?.startsWith('/api')) reply.header('cache-control', 'no-store');
    refuseForeign(request, hosts);
    const identity = await identifier.identify(request);
    identities.set(request, identity);
    // Without a route there is nothing to see.
    if (route === undefined || openRoutes.has(route) || allowsAnonymous || mayRead(identity)) return;
    throw identity.is === 'nobody'
      ? new RequestError(
          401,
          'sign_in',
          'Sign in first: wattline-bridge user add NAME --viewer makes a user.',
          {
            // RFC 9110, 11.6.1 wants a challenge; by this one no browser asks with a window of its own.
            'www-authenticate': 'Session',
          },
        )
      : new RequestError(403, 'role', 'This user is for the broker; the page is for viewers and admins.');
  });
  return identityOf;
}

/** @throws RequestError 403 unless somebody at this machine asks, or a signed-in admin. */
export function requireActor(identity: Identity): void {
  if (mayAct(identity)) return;
  const message = 'This is done for someone at the machine of the bridge itself, and for a signed-in admin.';
  throw new RequestError(403, 'sign_in', message);
}

function refuseForeign(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const { method, headers: sent } = request;
  const host = hostOf(sent.host);
  // A number cannot be made to point elsewhere by a foreign name server.
  if (!isLoopbackName(host) && isIP(host) === 0 && !hosts.has(host)) {
    const message = `This page does not answer to the name "${host}": add it to web.hosts, or use localhost.`;
    throw new RequestError(403, 'host', message);
  }
  if (method === 'GET' || method === 'HEAD') return;
  if (method !== 'POST') {
    throw new RequestError(405, 'method', `${method} is not understood here: GET and POST are.`);
  }
  const site = sent['sec-fetch-site'];
  const { origin } = sent;
  // Where the browser says it, it knows best: a proxy may change the name that Origin is compared with.
  const isOwn =
    site === undefined ? origin === undefined || sameHost(origin, sent.host) : site === 'same-origin';
  if (!isOwn)
    throw new RequestError(403, 'origin', `A page of ${origin ?? 'another site'} may not ask for this.`);
}

function sameHost(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
