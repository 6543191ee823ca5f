// What the radio's process and its parent say to each other. Structured clones: payloads stay bytes.

import type { Counters, HeardPacket, TransportErrorCode } from '../transport.ts';

/** From the parent: the first order of all. */
export interface ListenOrder {
  readonly order: 'listen';
  readonly adapter?: string;
  readonly companies?: readonly number[];
  /** Longest silence of the process towards the parent. */
  readonly aliveMs: number;
}

/** `stop`: the process ends as soon as the radio is closed. */
export type RadioOrder = ListenOrder | { readonly order: 'stop' };

/** A packet with its age instead of its time, because two processes need not share a clock. */
type AgedPacket = Omit<HeardPacket, 'moment'> & { readonly ageMs: number };

/** Several times a second while packets come, else every few seconds. */
export interface HeardNews {
  readonly news: 'heard';
  readonly packets: readonly AgedPacket[];
  /** Since the process started. */
  readonly counters: Counters;
  readonly heapBytes: number;
}

/** `listening`: the controller confirmed that it scans. `failed`: the radio cannot be used; the process ends. */
export type RadioNews =
  | HeardNews
  | { readonly news: 'listening'; readonly adapterAddress: string }
  | { readonly news: 'failed'; readonly code: TransportErrorCode; readonly message: string };
