// Addresses and names of this machine itself.

import { isIPv4, isIPv6 } from 'node:net';

export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  if (isIPv4(plain)) return plain.startsWith('127.');
  return isIPv6(address) && /^(0*:)*:?0*1$/.test(address);
}

export const isLoopbackName = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host);

/** Of a Host header: without port and brackets, in small letters. */
export const hostOf = (header: string | undefined): string =>
  (header ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
