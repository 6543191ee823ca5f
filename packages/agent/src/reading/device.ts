// A configured device as the loops see it, and what they tell about it.

import type { Decoded, DeviceDefinition, Medium, ProtocolErrorCode } from '@wattline/protocols';

export interface ReadDevice {
  readonly name: string;
  readonly definition: DeviceDefinition;
  readonly address?: string;
  readonly port?: string;
  /** A recording to be used instead of the device. */
  readonly replay?: string;
  readonly secret?: Uint8Array;
  readonly intervalMs: number;
}

/** The medium of this device: its definition's, or that of the setting which says where it is. */
export function mediumOf({ definition, port, address }: ReadDevice): Medium['medium'] {
  const wanted = port !== undefined ? 'serial' : address !== undefined ? 'advertisement' : undefined;
  const media = definition.media.map(({ medium }) => medium);
  return media.find((medium) => medium === wanted) ?? media[0] ?? 'advertisement';
}

/** One moment on both clocks. */
export interface Moment {
  /** ms since 1970, as far as the machine knows. */
  readonly wallMs: number;
  /** ms since the machine started; never steps. */
  readonly uptimeMs: number;
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
