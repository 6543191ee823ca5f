// One device as BlueZ knows it: found, paired, connected, its characteristics.

import { TransportError } from '../../transport.ts';
import { type BlueZ, BlueZError, faces, type Properties } from './bluez.ts';

export interface RemoteDevice {
  readonly path: string;
  /** What BlueZ knows of it; `undefined`: nothing. */
  properties(): Promise<Properties | undefined>;
  /** Heard now, not remembered. @throws TransportError `absent` when it is not heard in that time */
  find(limitMs: number, signal: AbortSignal): Promise<void>;
  /** Only for one that is not paired: of the others BlueZ tries classic Bluetooth. @throws BlueZError */
  pair(limitMs: number): Promise<void>;
  /** From now on it may connect without anybody's consent. */
  trust(): Promise<void>;
  /** @throws BlueZError */
  connect(signal: AbortSignal): Promise<void>;
  disconnect(): Promise<void>;
  /** Removes it and the bond on our side. */
  forget(): Promise<void>;
  /**
   * Path of a characteristic. One id may be there twice: the wanted one has the flag (`read`, `write`, `notify`).
   * @param id as in a definition's medium
   * @throws TransportError `unusable` when the device has none
   */
  characteristic(id: string, flags: readonly string[], signal: AbortSignal): Promise<string>;
}

const lookEveryMs = 100;
const servicesLimitMs = 20_000;

export function remoteDevice(bluez: BlueZ, adapter: string, address: string): RemoteDevice {
  const adapterPath = `/org/bluez/${adapter}`;
  const path = `${adapterPath}/dev_${address.replaceAll(':', '_')}`;
  const call = (member: string, options = {}) => bluez.call(path, faces.device, member, options);
  const properties = async () => (await bluez.objects())[path]?.[faces.device];
  const until = async (
    holds: (known: Properties | undefined) => boolean,
    limitMs: number,
    signal: AbortSignal,
  ) => {
    const end = performance.now() + limitMs;
    while (!holds(await properties())) {
      signal.throwIfAborted();
      if (performance.now() > end) return false;
      await pause(lookEveryMs);
    }
    return true;
  };
  return {
    path,
    properties,
    async find(limitMs, signal) {
      await bluez.call(adapterPath, faces.adapter, 'StartDiscovery');
      try {
        // Of one that is only remembered BlueZ tells no strength.
        if (await until((known) => known?.['RSSI'] !== undefined, limitMs, signal)) return;
        throw new TransportError(
          'absent',
          `${address} is not heard: out of reach, off, or a phone holds the link`,
        );
      } finally {
        await bluez.call(adapterPath, faces.adapter, 'StopDiscovery').catch(ignoreAnswer);
      }
    },
    async pair(limitMs) {
      try {
        await call('Pair', { limitMs });
      } catch (error) {
        // BlueZ goes on trying unless it is told.
        await call('CancelPairing').catch(ignoreAnswer);
        throw error;
      }
    },
    async trust() {
      const body = [faces.device, 'Trusted', ['b', true]];
      await bluez.call(path, faces.properties, 'Set', { signature: 'ssv', body });
    },
    async connect(signal) {
      await call('Connect', { limitMs: servicesLimitMs, signal });
    },
    async disconnect() {
      await call('Disconnect');
    },
    async forget() {
      const known = { signature: 'o', body: [path] };
      await bluez.call(adapterPath, faces.adapter, 'RemoveDevice', known);
    },
    async characteristic(id, flags, signal) {
      const isKnown = await until((known) => known?.['ServicesResolved'] === true, servicesLimitMs, signal);
      if (!isKnown) throw new TransportError('lost', `${address} does not tell its services`);
      const wanted = longId(id);
      for (const [place, interfaces] of Object.entries(await bluez.objects())) {
        const found = interfaces[faces.characteristic];
        if (!place.startsWith(`${path}/`) || found?.['UUID'] !== wanted) continue;
        const has = found['Flags'] as readonly string[];
        if (flags.some((flag) => has.includes(flag))) return place;
      }
      throw new TransportError('unusable', `${address} has no characteristic ${id} to ${flags.join(' or ')}`);
    },
  };
}

interface BlueZAdapter {
  /** hciN */
  readonly name: string;
  readonly address: string;
  readonly powered: boolean;
}

export async function adaptersOf(bluez: BlueZ): Promise<readonly BlueZAdapter[]> {
  return Object.entries(await bluez.objects()).flatMap(([path, interfaces]) => {
    const adapter = interfaces[faces.adapter];
    const name = /^\/org\/bluez\/(hci\d+)$/.exec(path)?.[1];
    if (adapter === undefined || name === undefined) return [];
    return [{ name, address: String(adapter['Address']), powered: adapter['Powered'] === true }];
  });
}

/** As BlueZ writes ids: all 128 bits. */
const longId = (id: string): string => (id.length === 4 ? `0000${id}-0000-1000-8000-00805f9b34fb` : id);

const pause = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms));

/** Of a step that tidies up BlueZ's no is no news; anything else is. */
export function ignoreAnswer(error: unknown): void {
  if (!(error instanceof BlueZError || error instanceof TransportError)) throw error;
}
