// Scalars that name a place on a network: where to listen, whom to call.

import { isIP } from 'node:net';
import { scalar } from './scalars.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const portMax = 65_535;

/** `127.0.0.1:1883`, `[::1]:1883`, `localhost:1883`; port 0 is any free one. */
export const hostPort = () =>
  scalar({
    expected: 'an address and a port such as 127.0.0.1:1883 or [::1]:1883',
    parse: parseHostPort,
  });

export function parseHostPort(written: string): HostPort | undefined {
  const [, six, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/@]+)):([0-9]{1,5})$/.exec(written) ?? [];
  const port = Number(digits);
  if (!(port <= portMax) || (six !== undefined && isIP(six) !== 6)) return undefined;
  const host = six ?? name;
  return host === undefined ? undefined : { host, port };
}

/** Reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}

interface UrlOptions {
  /** Without the colon, the first is shown as the example. */
  readonly protocols: readonly [string, ...string[]];
  readonly example: string;
}

/** A URL without user and password: these have keys of their own, where they can be secrets. */
export function url({ protocols, example }: UrlOptions) {
  return scalar<URL>({
    expected: `a URL such as ${example}`,
    parse: (written) => {
      const parsed = URL.parse(written);
      if (parsed === null || !protocols.includes(parsed.protocol.slice(0, -1)) || parsed.hostname === '') {
        return undefined;
      }
      if (parsed.username !== '' || parsed.password !== '') {
        return { refused: 'a URL must not hold user and password: they have keys of their own' };
      }
      return parsed;
    },
  });
}

/** Whom a URL calls. IPv6 addresses come without their brackets. */
export const hostPortOf = (address: URL, defaultPort: number): HostPort => ({
  host: address.hostname.replace(/^\[(.*)\]$/, '$1'),
  port: address.port === '' ? defaultPort : Number(address.port),
});
