// Questions to the history of a configured store.

import type { BridgeConfiguration } from '../config/configuration.ts';
import { createQueries, type HistoryQueries } from './queries.ts';

interface OpenParts {
  readonly configuration: Pick<BridgeConfiguration, 'store' | 'site'>;
  /** File of the store. */
  readonly file: string;
  readonly worker: URL;
  readonly nowMs: () => number;
}

export const openHistoryQueries = ({ configuration, file, worker, nowMs }: OpenParts): HistoryQueries =>
  createQueries({
    file,
    tiers: configuration.store.retention.tiers,
    timeZone: configuration.site.timeZone,
    worker,
    now: nowMs,
  });
