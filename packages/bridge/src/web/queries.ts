// What the web asks of history. Answered off this thread, so that no question delays an acknowledgement.

import type { FieldKind } from '@wattline/protocols';
import type { Increase } from '../live/energy.ts';
import type { SeriesKey } from '../message.ts';
import type { SeriesPoint } from './api.ts';

export interface SeriesQuestion {
  readonly series: SeriesKey;
  readonly field: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly pointsMax: number;
}

export interface SeriesAnswer {
  readonly tier: string;
  /** 0 for raw. */
  readonly everySeconds: number;
  /** Of a field that history knows; what it is by the catalogue counts more. */
  readonly kind?: FieldKind;
  /** Time of the first reading ever stored of the series. */
  readonly firstMs?: number;
  /** Since when the tier has every window, where the series is older. */
  readonly heldFromMs?: number;
  readonly points: readonly SeriesPoint[];
}

export const exportFormats = ['csv', 'jsonl'] as const;

interface ExportQuestion {
  readonly series: SeriesKey;
  readonly fromMs: number;
  readonly toMs: number;
  /** `raw` or the name of a tier. */
  readonly tier: string;
  readonly format: (typeof exportFormats)[number];
}

export interface Queries {
  readonly series: (question: SeriesQuestion) => Promise<SeriesAnswer>;
  readonly increase: Increase;
  /** Chunks of text. Aborting ends it at the source. */
  readonly exportHistory: (
    question: ExportQuestion,
    signal: AbortSignal,
  ) => AsyncIterable<string | Uint8Array>;
  /** Names of the tiers, the finest first, without `raw`. */
  readonly tiers: readonly string[];
}
