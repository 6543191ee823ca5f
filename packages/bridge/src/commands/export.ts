// `export DEVICE`: history to standard output, out of the store, whether the bridge runs or not.

import { type ExitCode, exitCodes, UsageError } from '@wattline/program';
import type { Invocation } from '../command-line.ts';
import { createQueries } from '../queries/queries.ts';
import type { Surround } from '../surround.ts';
import { parseTime } from '../web/query.ts';
import { existingStore, workerBeside } from './files.ts';
import { findSeries } from './find-series.ts';

export async function exportHistory(
  { configuration, terminal, signal, mainFile }: Surround,
  invocation: Extract<Invocation, { command: 'export' }>,
): Promise<ExitCode> {
  const { store, site } = configuration;
  const file = existingStore(store);
  const nowMs = Date.now();
  const series = findSeries(file, invocation.device);
  const { tier, format } = invocation;
  const span = spanOf(invocation, nowMs);
  const queries = createQueries({
    file,
    tiers: store.retention.tiers,
    timeZone: site.timeZone,
    worker: workerBeside(mainFile),
    now: Date.now,
  });
  try {
    if (tier !== 'raw' && !queries.tiers.includes(tier)) {
      throw new UsageError(`there is no tier ${tier}; there are raw, ${queries.tiers.join(', ')}`);
    }
    for await (const text of queries.exportHistory({ series, tier, format, ...span }, signal))
      await terminal.print(text);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await queries.close();
  }
  return exitCodes.done;
}

/** All that is kept, unless something else is said. @throws UsageError */
export function spanOf(
  { from = '0', to = 'now' }: { readonly from?: string; readonly to?: string },
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const span = { fromMs: timeOf('--from', from, nowMs), toMs: timeOf('--to', to, nowMs) };
  if (span.fromMs >= span.toMs) throw new UsageError('--from is a time before --to');
  return span;
}

function timeOf(option: string, written: string, nowMs: number): number {
  const timeMs = parseTime(written, nowMs);
  if (timeMs !== undefined) return timeMs;
  throw new UsageError(
    `${option} takes ms since 1970, an ISO time or a span back from now such as -24h, not "${written}"`,
  );
}
