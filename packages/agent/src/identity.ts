// What identifies a reading for ever: the stream, random per start of the agent, and a sequence counted from 0.
// A crash cannot use a number twice, because the next start is another stream. Identity never uses the time.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Identity {
  /** Random per boot of the machine, the same for all its processes. */
  readonly boot: string;
  /** Random per start of the agent. */
  readonly stream: string;
  nextSequence(): number;
}

export interface IdentitySources {
  readonly readText: (path: string) => string;
  /** So many random hexadecimal digits. */
  readonly randomHex: (digits: number) => string;
}

const digits = 16;

export function createIdentity({ readText, randomHex }: IdentitySources = machine): Identity {
  let sequence = 0;
  return {
    boot: bootOf(readText) ?? randomHex(digits),
    stream: randomHex(digits),
    nextSequence: () => sequence++,
  };
}

/** undefined where the machine has no boot id: then each process counts as a boot. */
function bootOf(readText: IdentitySources['readText']): string | undefined {
  try {
    const id = readText('/proc/sys/kernel/random/boot_id').replaceAll('-', '').trim();
    return id.length >= digits ? id.slice(0, digits) : undefined;
  } catch {
    return undefined;
  }
}

const machine: IdentitySources = {
  readText: (path) => readFileSync(path, 'utf8'),
  randomHex: (count) => randomBytes(count / 2).toString('hex'),
};
