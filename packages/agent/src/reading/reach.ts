// What is in reach of the radio and not configured, by what it tells everybody without its key.

import { type AgentState, definitions, type Packet, type Recognised } from '@wattline/protocols';
import type { HeardPacket } from '../transport.ts';

export interface Known extends Recognised {
  readonly definition: string;
  /** The setting that reading it takes; absent when it sends unencrypted. */
  readonly needs?: string;
}

/** `undefined`: of no family that this release reads. */
export function recognise(packet: Packet): Known | undefined {
  for (const { id, hear, secret } of definitions) {
    const found = hear?.recognise(packet);
    if (found === undefined) continue;
    return {
      ...found,
      definition: id,
      ...(found.needsSecret && secret !== undefined ? { needs: secret.setting } : {}),
    };
  }
  return undefined;
}

export interface Reach {
  note(packet: HeardPacket): void;
  inReach(): NonNullable<AgentState['inReach']>;
}

/** More than a site has; of further ones nothing is noted. */
const addressesMax = 64;
/** One that was not heard for so long is gone. */
const goneAfterMs = 600_000;

export function createReach(uptimeMs: () => number): Reach {
  const heard = new Map<string, { readonly model: string; readonly rssi: number; readonly atMs: number }>();
  const forgetGone = (): void => {
    for (const [address, { atMs }] of heard) if (uptimeMs() - atMs > goneAfterMs) heard.delete(address);
  };
  return {
    note(packet) {
      const { address, rssi, moment } = packet;
      if (!heard.has(address)) {
        forgetGone();
        if (heard.size >= addressesMax) return;
      }
      const model = recognise(packet)?.model;
      if (model !== undefined) heard.set(address, { model, rssi, atMs: moment.uptimeMs });
    },
    inReach() {
      forgetGone();
      return [...heard].map(([address, { model, rssi }]) => ({ address, model, rssi }));
    },
  };
}
