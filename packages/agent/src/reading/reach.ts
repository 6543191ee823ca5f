// What is in reach of the radio and not configured, by what it tells everybody without its key.

import { type AgentState, definitions, type Medium, type Packet, type Recognised } from '@wattline/protocols';
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

/** By what it calls itself, else by a service that a definition connects to. `undefined`: of no family that is known. */
export function recogniseAdvertiser(
  services: readonly string[],
  name = '',
): (Pick<Known, 'definition' | 'kind' | 'model'> & { readonly uncertain?: true }) | undefined {
  const named = definitions.find(({ advertisedNames }) => advertisedNames?.test(name));
  const found = named ?? definitions.find(({ media }) => media.some((way) => isOffered(way, services)));
  const [record] = Object.values(found?.records ?? {});
  if (found === undefined || record === undefined) return undefined;
  const known = { definition: found.id, kind: record.kind, model: found.name };
  return named === undefined ? { ...known, uncertain: true } : known;
}

const isOffered = (way: Medium, services: readonly string[]): boolean =>
  way.medium === 'gatt' && way.services[0] !== undefined && services.includes(way.services[0]);

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
