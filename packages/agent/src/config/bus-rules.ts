// What is written about the way to a CAN bus, and what devices on one bus demand of each other.

import type { DeviceDefinition } from '@wattline/protocols';
import type { BusWay } from '../transport.ts';
import type { WrittenDevice } from './device-schema.ts';

const interfaceKeys = ['adapter', 'bit_rate', 'listen_only'] as const;
const busKeys = [...interfaceKeys, 'keep_alive'] as const;

export const bitRateOf = ({ media }: Pick<DeviceDefinition, 'media'>): number | undefined =>
  media.find((way) => way.medium === 'can')?.bitRate;

/** Checks a device by itself. */
export function checkBus(
  device: WrittenDevice,
  family: DeviceDefinition,
  refuse: (key: string, message: string) => void,
): void {
  const isOnBus = bitRateOf(family) !== undefined;
  for (const key of busKeys) {
    if (device[key] !== undefined && !isOnBus) refuse(key, `${family.id} is on no CAN bus: no ${key}`);
  }
  if (device.keep_alive === true && device.listen_only !== false)
    refuse('keep_alive', 'an adapter that only listens cannot say it: expected "listen_only: no" beside it');
  if (typeof device.port !== 'string') return;
  const isInterface = !/^(\/|usb:)/.test(device.port);
  if (isInterface && !isOnBus)
    refuse('port', `${family.id} is on no CAN bus: expected the path of a port, not ${device.port}`);
  if (isInterface && isOnBus) {
    for (const key of interfaceKeys) {
      if (device[key] !== undefined)
        refuse(key, `a CAN interface of the kernel has its own: ip link set ${device.port} … sets it`);
    }
    if (device.keep_alive === true)
      refuse(
        'keep_alive',
        'a CAN interface of the kernel is only listened to: expected an adapter at a port',
      );
  }
}

/** What must be the same for all devices on one bus, in words. */
export const busOf = (device: WrittenDevice, family: DeviceDefinition): string | undefined => {
  const bitRate = device.bit_rate ?? bitRateOf(family);
  if (bitRate === undefined || device.port?.startsWith('/') === false) return undefined;
  const { adapter, isListenOnly, keepsAlive } = toBusSettings(device);
  const voice = isListenOnly ? 'listening only' : keepsAlive ? 'keeping alive' : 'acknowledging';
  return `${bitRate / 1000} kbit/s, ${adapter}, ${voice}`;
};

/** How the bus of a device is heard; the bit rate is the family's where none is written. */
export function toBusSettings({
  port,
  adapter,
  listen_only,
  keep_alive,
}: WrittenDevice): Omit<BusWay, 'port' | 'bitRate'> {
  const isListenOnly = listen_only ?? true;
  const keepsAlive = !isListenOnly && (keep_alive ?? false);
  return { adapter: adapter ?? adapterAt(port ?? ''), isListenOnly, keepsAlive };
}

/** The stable names of ports tell the adapters that speak slcan; the USB-CAN-A has a converter's name like many. */
const adapterAt = (port: string): BusWay['adapter'] =>
  /canable|cantact|slcan/i.test(port) ? 'slcan' : 'usb-can-a';
