// How often a password may be tried. Failures are counted by where they come from and by whose name they try.
// Whoever sits at the machine is never locked out. Where this user signed in before, the failures of others (another
// agent behind the same router, a guesser far away) do not count.

import { isIPv6 } from 'node:net';

export interface Attempts {
  /** Seconds until the next try; 0: go ahead. */
  waitSeconds(who: Attempt): number;
  failed(who: Attempt): void;
  succeeded(who: Attempt): void;
  /** Tries that were turned away without a look at the password. */
  turnedAway(): number;
}

export interface Attempt {
  readonly name: string;
  /** Of the other end; `undefined`: on this machine. */
  readonly address: string | undefined;
}

const windowMs = 60_000;
const failuresOfAddressMax = 10;
/** More than one address may try in a window: guessing from a thousand addresses stays as slow as this. */
const failuresOfNameMax = 30;
const rememberedMax = 10_000;

export function createAttempts(steadyMs: () => number): Attempts {
  const failures = new Map<string, { count: number; endsMs: number }>();
  const trusted = new Set<string>();
  let turnedAway = 0;

  const waitOf = (key: string, max: number): number => {
    const found = failures.get(key);
    if (found === undefined || found.count < max) return 0;
    return Math.max(0, Math.ceil((found.endsMs - steadyMs()) / 1000));
  };
  const count = (key: string): void => {
    const found = failures.get(key);
    const nowMs = steadyMs();
    if (found !== undefined && found.endsMs > nowMs) {
      found.count++;
      return;
    }
    failures.delete(key);
    failures.set(key, { count: 1, endsMs: nowMs + windowMs });
    const [oldest] = failures.keys();
    if (failures.size > rememberedMax && oldest !== undefined) failures.delete(oldest);
  };
  return {
    waitSeconds: ({ name, address }) => {
      if (address === undefined) return 0;
      const place = placeOf(address);
      const pair = `${place} ${name}`;
      const seconds = trusted.has(pair)
        ? waitOf(`both ${pair}`, failuresOfNameMax)
        : Math.max(waitOf(`from ${place}`, failuresOfAddressMax), waitOf(`name ${name}`, failuresOfNameMax));
      if (seconds > 0) turnedAway++;
      return seconds;
    },
    failed: ({ name, address }) => {
      if (address === undefined) return;
      const place = placeOf(address);
      for (const key of [`from ${place}`, `name ${name}`, `both ${place} ${name}`]) count(key);
    },
    succeeded: ({ name, address }) => {
      if (address === undefined) return;
      const key = `${placeOf(address)} ${name}`;
      trusted.delete(key);
      trusted.add(key);
      const [oldest] = trusted;
      if (trusted.size > rememberedMax && oldest !== undefined) trusted.delete(oldest);
    },
    turnedAway: () => turnedAway,
  };
}

/** One network of IPv6 has more addresses than can be counted: its first 64 bits stand for all of them. */
function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head.split(':');
  if (tail !== undefined) while (first.length < 4) first.push('0');
  return first.slice(0, 4).join(':');
}
