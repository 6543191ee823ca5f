// The way to a device that must be asked: the medium that its configuration names, as a `Connect`. A transport for a
// further medium is a case here and a member of `Media`.

import { type BusWay, type Connect, TransportError } from '../transport.ts';
import { mediumOf, type ReadDevice } from './device.ts';
import type { Media } from './read-devices.ts';

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
