// What goes between the bridge's thread and the one that reads history.

import type { SeriesKey } from '../message.ts';
import type { Tier } from '../tiers/tier.ts';
import type { SeriesAnswer, SeriesQuestion } from '../web/queries.ts';
import type { TextQuestion } from './export.ts';
import type { Span } from './history.ts';
import type { Holding } from './holdings.ts';

export interface WorkerSettings {
  /** Path of the store. */
  readonly file: string;
  readonly tiers: readonly Tier[];
  readonly timeZone: string;
}

/** What can be asked: a question, and its answer. */
export interface Asked {
  readonly series: { readonly question: SeriesQuestion; readonly answer: SeriesAnswer };
  readonly increase: {
    readonly question: Span & { readonly series: SeriesKey; readonly field: string };
    readonly answer: number | null;
  };
  /** Begins an export, under a number that the asker chose. */
  readonly export: {
    readonly question: { readonly export: number; readonly text: TextQuestion };
    readonly answer: null;
  };
  /** The next text of an export; an empty one may be followed by more. */
  readonly next: {
    readonly question: { readonly export: number };
    readonly answer: { readonly text: string; readonly isLast: boolean };
  };
  readonly holdings: { readonly question: null; readonly answer: readonly Holding[] };
  readonly end: { readonly question: { readonly export: number }; readonly answer: null };
}

export type Request = {
  readonly [Kind in keyof Asked]: {
    readonly id: number;
    readonly kind: Kind;
    readonly nowMs: number;
    readonly question: Asked[Kind]['question'];
  };
}[keyof Asked];

/** `json`: one text is copied faster than thousands of small objects. */
export type Reply =
  | { readonly id: number; readonly json: string }
  | { readonly id: number; readonly error: string };
