// BlueZ as the agent sees it over D-Bus, with an adapter, a device that broadcasts and one that is asked; and its faults.

import { TransportError } from '../src/transport.ts';
import { type BlueZ, BlueZError, faces, noBlueZ, type Properties } from '../src/transports/bluez/bluez.ts';

const adapterPath = '/org/bluez/hci0';
const pathOf = (address: string): string => `${adapterPath}/dev_${address.replaceAll(':', '_')}`;
const longId = (id: string): string => `0000${id}-0000-1000-8000-00805f9b34fb`;
const callLimitMs = 10_000;

export interface FakeBlueZ {
  readonly open: () => Promise<BlueZ>;
  /** One advertisement of a company. */
  broadcast(address: string, company: number, payload: Uint8Array): void;
  /** The service ends: connections and discovery with it. */
  end(): void;
  begin(): void;
  switchAdapter(isOn: boolean): void;
  endDiscovery(): void;
  /** No call is answered. */
  hangs: boolean;
  /** Nobody is heard until discovery is begun anew. */
  deafen(): void;
}

interface Peer {
  readonly address: string;
  readonly notify: string;
  readonly write: string;
  receive(bytes: Uint8Array): readonly Uint8Array[];
  connected(): void;
}

export function fakeBlueZ(peer: Peer): FakeBlueZ {
  const watchers = new Set<(path: string, properties: Properties) => void>();
  const peerPath = pathOf(peer.address);
  const [notifying, writing] = [`${peerPath}/service/notify`, `${peerPath}/service/write`];
  let isThere = true;
  let isPowered = true;
  let isDiscovering = false;
  let isDeaf = false;
  let isConnected = false;
  const tell = (path: string, properties: Properties): void => {
    for (const changed of watchers) changed(path, properties);
  };
  const objects = () => ({
    [adapterPath]: { [faces.adapter]: { Address: '02:00:00:00:00:01', Powered: isPowered } },
    [peerPath]: { [faces.device]: { Connected: isConnected, ServicesResolved: isConnected, RSSI: -60 } },
    ...(isConnected && {
      [notifying]: { [faces.characteristic]: { UUID: longId(peer.notify), Flags: ['notify'] } },
      [writing]: { [faces.characteristic]: { UUID: longId(peer.write), Flags: ['write'] } },
    }),
  });
  const answer = (path: string, member: string, body: readonly unknown[]): unknown => {
    switch (member) {
      case 'GetManagedObjects':
        return objects();
      case 'Get':
        return isDiscovering;
      case 'StartDiscovery':
        if (!isPowered) throw new BlueZError('org.bluez.Error.NotReady', 'Resource Not Ready');
        isDiscovering = true;
        isDeaf = false;
        return undefined;
      case 'StopDiscovery':
        isDiscovering = false;
        return undefined;
      case 'Connect':
        if (!isPowered) throw new BlueZError('org.bluez.Error.NotReady', 'Resource Not Ready');
        isConnected = true;
        peer.connected();
        return undefined;
      case 'Disconnect':
        isConnected = false;
        return undefined;
      case 'WriteValue':
        if (!isConnected || path !== writing)
          throw new BlueZError('org.freedesktop.DBus.Error.UnknownObject', 'no such object');
        for (const piece of peer.receive(body[0] as Uint8Array)) tell(notifying, { Value: piece });
        return undefined;
      default:
        return undefined;
    }
  };
  const fake: FakeBlueZ = {
    hangs: false,
    async open() {
      const own = new Set<(path: string, properties: Properties) => void>();
      const call: BlueZ['call'] = async (path, _face, member, { body = [], signal } = {}) => {
        if (fake.hangs) {
          await new Promise((resolve) => setTimeout(resolve, callLimitMs));
          signal?.throwIfAborted();
          throw new BlueZError('ETIMEDOUT', 'no answer');
        }
        if (!isThere) throw new TransportError('shut', noBlueZ);
        return answer(path, member, body);
      };
      if (fake.hangs) {
        await new Promise((resolve) => setTimeout(resolve, callLimitMs));
        throw new TransportError('unusable', 'BlueZ does not answer');
      }
      await call('/', '', 'GetManagedObjects');
      return {
        call,
        objects: async () => (await call('/', '', 'GetManagedObjects')) as ReturnType<typeof objects>,
        async watch(under, changed) {
          const heard = (path: string, properties: Properties): void => {
            if (path.startsWith(under)) changed(path, properties);
          };
          own.add(heard);
          watchers.add(heard);
          return async () => void watchers.delete(heard);
        },
        answerPasskeys: async () => {},
        onLost: () => {},
        close() {
          for (const heard of own) watchers.delete(heard);
        },
      };
    },
    broadcast(address, company, payload) {
      if (isThere && isPowered && isDiscovering && !isDeaf)
        tell(pathOf(address), { RSSI: -60, ManufacturerData: [[company, payload]] });
    },
    end() {
      isThere = false;
      isDiscovering = false;
      isConnected = false;
    },
    begin() {
      isThere = true;
    },
    switchAdapter(isOn) {
      isPowered = isOn;
      isDiscovering = false;
      if (isConnected) tell(peerPath, { Connected: false });
      isConnected = false;
    },
    endDiscovery() {
      isDiscovering = false;
    },
    deafen() {
      isDeaf = true;
    },
  };
  return fake;
}
