// What the places of a soak are made of: devices of the simulator whose values say when they were held.

import type { Random } from '../../protocols/test/random.ts';
import type { Peripheral, PeripheralOptions } from '../../simulator/src/radio/peripheral.ts';
import type { BusWay } from '../src/transport.ts';

/** A field that counts ticks: so many of its unit are a tick, and after so many it begins again. */
export interface Stamp {
  readonly field: string;
  readonly perUnit: number;
  readonly modulus: number;
}

export const stamp = (field: string, perUnit: number, modulus: number): Stamp => ({
  field,
  perUnit,
  modulus,
});

/** What a device is made with: its own clock, and what happens to its answers. */
export interface Making {
  readonly ticks: (modulus: number) => number;
  readonly random: Random;
  readonly options: PeripheralOptions;
  /** Whether it says nothing now. */
  readonly isSilent: () => boolean;
  /** Requests to answers, which the fault of now may strike. */
  readonly pipe: (receive: (bytes: Uint8Array) => Uint8Array[]) => {
    readonly receive: (bytes: Uint8Array) => Uint8Array[];
  };
}

/** What answers at the end of a cable. */
export interface CableEnd {
  readonly receive: (bytes: Uint8Array) => readonly Uint8Array[];
  /** Asked twice a second: what it sends by itself. */
  readonly says?: () => readonly Uint8Array[];
  /** Its power was gone: it was unplugged. */
  readonly restart?: () => void;
}

export interface Made {
  readonly by: Peripheral | CableEnd;
  readonly strange?: readonly string[];
}

/** How one definition reads a place. */
export interface View {
  readonly definition: string;
  readonly stamps: readonly Stamp[];
  /** How long before its reading's time a value may have been held: what is put together from several messages. */
  readonly apartMs?: number;
}

export interface Kind extends View {
  /** Absent: on the air, or a serial line. */
  readonly medium?: 'hid' | 'can';
  /** Of a bus. */
  readonly adapter?: BusWay['adapter'];
  readonly secret?: Uint8Array;
  /** Devices at the same port, by name. */
  readonly besides?: { readonly [name: string]: View };
  readonly make: (making: Making) => Made;
}

export const big = 2 ** 31;
