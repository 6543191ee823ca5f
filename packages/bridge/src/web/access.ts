// Who may ask what: host names, methods, headers. There is no login yet, so a page of a foreign site must not get in
// by a name that points here (Host), nor write (Origin).

import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopbackAddress, isLoopbackName } from './addresses.ts';
import { RequestError } from './errors.ts';

const headers = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** `hosts`: names the page answers to beside those of this machine itself. */
export function guardAccess(server: FastifyInstance, hosts: readonly string[]): void {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
    const host = hostOf(request);
    // A number cannot be made to point elsewhere by a foreign name server.
    if (!isLoopbackName(host) && isIP(host) === 0 && !allowed.has(host)) {
      const message = `This page does not answer to the name "${host}": add it to web.hosts, or use localhost.`;
      throw new RequestError(403, 'host', message);
    }
    if (request.method === 'GET' || request.method === 'HEAD') return;
    if (request.method !== 'POST') {
      throw new RequestError(405, 'method', `${request.method} is not understood here: GET and POST are.`);
    }
    const { origin } = request.headers;
    if (origin !== undefined && !sameHost(origin, request.headers.host)) {
      throw new RequestError(403, 'origin', `A page of ${origin} may not ask for this.`);
    }
  });
}

/** @throws RequestError 403 unless the request comes from this machine, and through no proxy. */
export function requireLoopback(request: FastifyRequest): void {
  const { headers } = request;
  const proxied = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  if (isLoopbackAddress(request.ip) && !proxied) return;
  throw new RequestError(
    403,
    'sign_in',
    'This is only done for someone at the machine of the bridge itself.',
  );
}

/** Without port and brackets, in small letters. */
function hostOf(request: FastifyRequest): string {
  const host = request.headers.host ?? '';
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function sameHost(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
