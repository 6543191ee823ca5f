// Bluetooth addresses and adapters, as people and apps write them.

import { isIPv6 } from 'node:net';
import { parseHostPort } from '@wattline/program';
import type { Adapter } from './configuration.ts';

/** `AA:BB:CC:DD:EE:FF` from any case, with colons, dashes or nothing between. */
export function parseAddress(written: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$|^[0-9A-Fa-f]{12}$/.test(written)) {
    return undefined;
  }
  return written
    .replace(/[:-]/g, '')
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1:');
}

/** A name or an address alone: with anything of a URL around it, it would not be one within the broker's URL. */
export const parseHost = (written: string): string | undefined =>
  /^[^\s/:@?#%[\]\\<>^|]+$/.test(written) || (isIPv6(written) && !written.includes('%'))
    ? written
    : undefined;

export function parseAdapter(written: string): Adapter | undefined {
  const address = parseAddress(written);
  if (address !== undefined) return { by: 'address', address };
  const [, index] = /^hci([0-9]{1,3})$/.exec(written) ?? [];
  if (index !== undefined) return { by: 'index', index: Number(index) };
  const [, medium, rest = ''] = /^(tcp|uart):(.+)$/.exec(written) ?? [];
  if (medium === 'uart') return rest.startsWith('/') ? { by: 'uart', path: rest } : undefined;
  const tcp = medium === 'tcp' ? parseHostPort(rest) : undefined;
  return tcp === undefined || tcp.port === 0 ? undefined : { by: 'tcp', ...tcp };
}
