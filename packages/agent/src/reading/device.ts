// A configured device as the loops see it, and what they tell about it.

import type { Decoded, DeviceDefinition, ProtocolErrorCode } from '@wattline/protocols';

export interface ReadDevice {
  readonly name: string;
  readonly definition: DeviceDefinition;
  readonly address?: string;
  readonly secret?: Uint8Array;
  readonly intervalMs: number;
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
