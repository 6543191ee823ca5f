// A device of the demonstration: how it is reached, what stands about it in agent.yml, and what it says at a moment.

import type { Decoded } from '@wattline/protocols';
import type { Peripheral } from '../radio/peripheral.ts';

export interface DemoDevice {
  readonly name: string;
  /** In the words of the catalogue. */
  readonly definition: string;
  /** Second topic level. */
  readonly type: string;
  /** What else its entry in agent.yml needs: a key, a password. */
  readonly settings?: { readonly [key: string]: string | boolean };
  /** Names under which its readings are stored; more than its own where one link leads to several units. */
  readonly units: readonly string[];
  readonly reach: OnAir | ByCable;
  /** Its readings at a time, made of the bytes that it sends, in the order of the units. Time only moves forward. */
  readonly readings: (timeMs: number) => readonly Decoded[];
}

interface OnAir {
  readonly by: 'radio';
  readonly address: string;
  /** A new one each time: as it is when it is switched on. */
  readonly peripheral: () => Peripheral;
}

interface ByCable {
  readonly by: 'cable';
  /** What is plugged in, in words. */
  readonly cable: string;
  /** Last part of the port's path. */
  readonly port: string;
  /** What it sends by itself. */
  readonly tells?: { readonly everyMs: number; readonly bytes: () => Uint8Array };
  /** What it sends back. */
  readonly answers?: (request: Uint8Array) => readonly Uint8Array[];
}
