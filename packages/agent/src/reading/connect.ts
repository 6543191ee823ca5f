// The way to a device that must be asked: the medium that its configuration names, as a `Connect`. A transport for a
// further medium is a case here and a member of `Media`.

import {
  type Advertiser,
  type BusWay,
  type Connect,
  type GattWay,
  type HidReports,
  type Receiver,
  TransportError,
} from '../transport.ts';
import { mediumOf, type ReadDevice } from './device.ts';
import type { ListenOptions } from './listen.ts';

/** How devices are reached on this machine, or out of a recording. */
export interface Media {
  readonly radio: (
    companies: readonly number[],
    noted?: (advertiser: Advertiser) => void,
  ) => Pick<Receiver, 'packets'>;
  readonly serial: (port: string, baudRate: number) => Connect;
  readonly hid: (port: string, reports: HidReports) => Connect;
  readonly gatt: (way: GattWay) => Connect;
  readonly bus: (way: BusWay) => Pick<Receiver, 'packets'>;
  /** Recordings answer as the medium that they were taken from, by the clocks of then. */
  readonly replayedPackets: (file: string) => Pick<Receiver, 'packets'>;
  readonly replayedLink: (file: string) => Pick<ListenOptions, 'connect' | 'now'>;
}

export function connectOf(device: ReadDevice, media: Pick<Media, 'serial' | 'gatt' | 'hid'>): Connect {
  const wanted = mediumOf(device);
  const way = device.definition.media.find(({ medium }) => medium === wanted);
  if (way?.medium === 'serial') return media.serial(device.port ?? '', way.baudRate);
  if (way?.medium === 'hid') return media.hid(device.port ?? '', way);
  if (way?.medium === 'gatt' || way?.medium === 'gatt-values') {
    const all = device.definition.media.filter(
      (each) => each.medium === 'gatt' || each.medium === 'gatt-values',
    );
    const { address = '', passkey } = device;
    return media.gatt({ address, media: all, ...(passkey === undefined ? {} : { passkey }) });
  }
  return async () => {
    throw new TransportError(
      'unusable',
      `${device.name}: this release does not reach ${device.definition.id} by ${wanted} yet, only by a serial port`,
    );
  };
}

export const busWayOf = ({ name, port, bus }: ReadDevice): BusWay => {
  if (port === undefined || bus === undefined) throw new Error(`${name} is on no bus`);
  return { port, ...bus };
};
