// The way to a device that must be asked: the medium that its configuration names, as a `Connect`. A transport for a
// further medium is a case here and a member of `Media`.

import { type Connect, TransportError } from '../transport.ts';
import { mediumOf, type ReadDevice } from './device.ts';
import type { Media } from './read-devices.ts';

export function connectOf(device: ReadDevice, media: Pick<Media, 'serial'>): Connect {
  const wanted = mediumOf(device);
  const way = device.definition.media.find(({ medium }) => medium === wanted);
  if (way?.medium === 'serial') return media.serial(device.port ?? '', way.baudRate);
  return async () => {
    throw new TransportError(
      'unusable',
      `${device.name}: this release does not reach ${device.definition.id} by ${wanted} yet, only by a serial port`,
    );
  };
}
