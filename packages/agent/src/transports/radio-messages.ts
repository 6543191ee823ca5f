// What the radio's process and its parent say to each other. Structured clones: bytes stay bytes.

import type { Counters, GattWay, HeardPacket, TransportErrorCode } from '../transport.ts';
import type { BluetoothLibrary } from './noble-hci.ts';

/** From the parent: the first order of all. */
export interface OpenOrder {
  readonly order: 'open';
  readonly adapter?: string;
  /** Longest silence of the process towards the parent. */
  readonly aliveMs: number;
  readonly heardMs?: number;
  readonly library?: BluetoothLibrary;
}

export interface HearOrder {
  readonly order: 'hear';
  /** Default: all. */
  readonly companies?: readonly number[];
}

/** `link`: the parent's number of it. */
export type LinkOrder =
  | { readonly order: 'connect'; readonly link: number; readonly way: GattWay; readonly dueMs?: number }
  /** `count`: of the writes on this link, from 1. */
  | { readonly order: 'write'; readonly link: number; readonly count: number; readonly bytes: Uint8Array }
  | { readonly order: 'close'; readonly link: number };

/** `stop`: the process ends as soon as the radio is closed. */
export type RadioOrder = OpenOrder | HearOrder | LinkOrder | { readonly order: 'stop' };

/** A packet with its age instead of its time, because two processes need not share a clock. */
type AgedPacket = Omit<HeardPacket, 'moment'> & { readonly ageMs: number };

/** Several times a second while packets come, else every few seconds. */
export interface HeardNews {
  readonly news: 'heard';
  readonly packets: readonly AgedPacket[];
  /** Since the process started. */
  readonly counters: Counters;
  /** Whether advertisements should come at all. */
  readonly isHearing: boolean;
  readonly heapBytes: number;
}

export interface Failure {
  readonly code: TransportErrorCode;
  readonly message: string;
}

export type LinkNews =
  | { readonly news: 'connected'; readonly link: number }
  | { readonly news: 'waits'; readonly link: number; readonly isWaiting: boolean }
  /** `after`: how many writes had been made; a chunk from before the last one answers nothing. */
  | { readonly news: 'chunk'; readonly link: number; readonly after: number; readonly bytes: Uint8Array }
  | { readonly news: 'written'; readonly link: number; readonly count: number; readonly failure?: Failure }
  /** It never came about, or is lost. */
  | { readonly news: 'broken'; readonly link: number; readonly failure: Failure }
  | { readonly news: 'closed'; readonly link: number };

/** `listening`: the controller confirmed that it scans. `failed`: the radio cannot be used; the process ends. */
export type RadioNews =
  | HeardNews
  | LinkNews
  | { readonly news: 'listening'; readonly adapterAddress: string }
  | ({ readonly news: 'failed' } & Failure);
