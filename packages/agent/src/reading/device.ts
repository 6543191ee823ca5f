// A configured device as the loops see it, and what they tell about it.

import type { Decoded, DeviceDefinition, Medium, ProtocolErrorCode } from '@wattline/protocols';
import type { BusWay, Moment } from '../transport.ts';

/** By field: what its value is multiplied by. */
export type ScaleBy = { readonly [field: string]: number };

export interface ReadDevice {
  readonly name: string;
  readonly definition: DeviceDefinition;
  readonly address?: string;
  readonly port?: string;
  /** Of a device on a CAN bus. */
  readonly bus?: Omit<BusWay, 'port'>;
  /** A recording to be used instead of the device. */
  readonly replay?: string;
  readonly secret?: Uint8Array;
  /** Of a Bluetooth bond. */
  readonly passkey?: number;
  readonly intervalMs: number;
  /** Between polls while it is night. */
  readonly nightIntervalMs?: number;
  /** Whether the link stays open between polls; it does where nothing is said. */
  readonly keepsConnected?: boolean;
  /** Of counters in another unit than the definition's. */
  readonly scale?: ScaleBy;
  /** What it tells of other units is not read: they have links of their own. */
  readonly isAlone?: true;
}

/** Between readings as planned now. */
export const intervalOf = (
  { intervalMs, nightIntervalMs }: Pick<ReadDevice, 'intervalMs' | 'nightIntervalMs'>,
  isNight: boolean,
): number => (isNight ? (nightIntervalMs ?? intervalMs) : intervalMs);

/** The medium of this device: its definition's, or that of the setting which says where it is. */
export function mediumOf({ definition, port, address }: ReadDevice): Medium['medium'] {
  const media = definition.media.map(({ medium }) => medium);
  const wanted = port !== undefined ? mediaByPort(port) : address !== undefined ? mediaByAddress : media;
  return media.find((medium) => wanted.includes(medium)) ?? media[0] ?? 'advertisement';
}

const mediaByAddress: readonly Medium['medium'][] = ['advertisement', 'gatt', 'gatt-values'];

/** What the kernel's name of a port says about it. */
function mediaByPort(port: string): readonly Medium['medium'][] {
  if (/^usb:|^\/dev\/.*hid/.test(port)) return ['hid'];
  return port.startsWith('/') ? ['serial', 'can', 'hid'] : ['can'];
}

/** A record of a device, with the time at which it was heard. */
export interface Heard {
  readonly decoded: Decoded;
  readonly moment: Moment;
  /** dBm. */
  readonly rssi?: number;
}

/** `ignored`: sound, but no reading · `link`: the way to the device is broken. */
export type TroubleCode = ProtocolErrorCode | 'ignored' | 'link';

/** Of single packets: normal on the air, as long as others are sound. */
export const isOdd = (code: TroubleCode): boolean => code === 'corrupt' || code === 'ignored';

export interface Trouble {
  readonly code: TroubleCode;
  /** For the person at the installation. */
  readonly message: string;
}

/** Who wants to know. Called for every reading and every trouble; repeats are the observer's to count. */
export interface Observer {
  readonly reading: (device: ReadDevice, heard: Heard) => void;
  readonly trouble: (device: ReadDevice, trouble: Trouble) => void;
}
