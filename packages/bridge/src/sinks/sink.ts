// What a store is to the bridge: it takes points, or says in one of two ways why not.

import type { SinkPlan } from './retention.ts';

/** What the readings themselves are stored as, beside the tiers made of them. */
export const rawTier = 'raw';

/** One time of one series in a store. Writing it again changes nothing: it is known by measurement, tags and time. */
export interface Point {
  /** `raw`, or the name of the tier whose window it is. */
  readonly tier: string;
  readonly measurement: string;
  readonly tags: { readonly [tag: string]: string };
  /** Numbers are floats. At least one. */
  readonly fields: { readonly [field: string]: number | string | boolean };
  readonly timeMs: number;
}

/** The points of a series in a tier, from a time on. */
export interface Removal {
  readonly tier: string;
  readonly tags: Point['tags'];
  readonly fromMs: number;
  /** Not included; absent: all that come after. */
  readonly toMs?: number;
}

export interface Sink {
  /** Makes ready what the points will need; called before every write. @throws UnavailableError */
  prepare?(): Promise<void>;
  /**
   * Resolved: all points are the store's. Rejected: they are still ours, though some may have been stored.
   * @throws RefusedError, UnavailableError
   */
  write(points: readonly Point[]): Promise<void>;
  /** For stores that are written in text: points that were made into it before. */
  readonly text?: {
    /** A line without its end. @throws RefusedError when it is no point */
    encode(point: Point): string;
    /** As `write`. */
    write(tier: string, text: Uint8Array): Promise<void>;
  };
  /** Whether the store would hold a point of that age at all; absent: it holds all. */
  holds?(point: Point, nowMs: number): boolean;
  /** Removes points, of one series in all of its tiers; absent: the store cannot. @throws RefusedError, UnavailableError */
  remove?(removals: readonly Removal[]): Promise<void>;
  /**
   * Gives all points of a series to another, without the store. Nothing is written meanwhile, and none that was moved
   * halfway before. @throws UnavailableError
   */
  move?(from: Point['tags'], into: Point['tags']): Promise<void>;
  /** Fields of one point may come in several writes. */
  readonly mergesFields?: true;
  /** What `prepare` would make and change, for one that asks before. @throws UnavailableError */
  plan(): Promise<SinkPlan>;
  /** Readings wait for each other so long, where every write costs much. */
  readonly lingerMs?: number;
  /** Absent: it takes the tiers too. */
  readonly takesReadingsOnly?: true;
  close(): Promise<void>;
}

/** The store refuses at least one of the points, today and tomorrow. The message is the store's own. */
export class RefusedError extends Error {}

/** The store cannot take points now. The message says what a person can do. */
export class UnavailableError extends Error {
  /** The store asked not to be asked before. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
