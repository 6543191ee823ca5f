// Offers what was set aside to the log again, as it came: what is taken now is no longer set aside, what is not stays.
// `received` counted each of them when it came, so that only the kind of its verdict changes.

import type { AsideReason, Verdict } from '../message.ts';
import { type Appended, type Appending, appendMessages } from './appender.ts';
import type { AsideMessage } from './asides.ts';

/** `truncated`: only its beginning was kept. `clock`: this machine's clock is not set and judges no time. */
export type Became = Verdict['is'] | 'truncated' | 'clock';

export interface Readmitted {
  readonly reason: AsideReason;
  readonly became: Became;
  readonly count: number;
}

export interface ReadmittedSlice {
  /** Where the next slice begins. */
  readonly lastId: number;
  readonly messages: readonly Readmitted[];
}

/** Of one transaction. */
const rowsMax = 200;

/** `undefined`: nothing is set aside behind `afterId`. Times are judged by `nowMs`, not by when the messages came. */
export function readmitSlice(
  appending: Omit<Appending, 'again'>,
  afterId: number,
  nowMs: number,
): { readonly slice: ReadmittedSlice; readonly appended: Appended } | undefined {
  const { asides, counts } = appending.parts;
  const rows = asides.after(afterId, rowsMax);
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const offered = rows.filter((row) => heldBack(row, appending.synced) === undefined);
  const settle = (verdicts: readonly Verdict[]): void => {
    for (const [index, verdict] of verdicts.entries()) {
      const row = offered[index];
      if (row === undefined) continue;
      counts.add(`aside:${row.reason}`, -1);
      if (verdict.is !== 'aside') {
        asides.remove(row);
        continue;
      }
      counts.add(`aside:${verdict.reason}`, 1);
      asides.relabel(row, verdict.reason, verdict.detail);
    }
  };
  const appended = appendMessages({ ...appending, again: { nowMs, settle } }, offered);
  const total = new Map<string, Readmitted>();
  for (const [index, { reason }] of offered.entries())
    addTo(total, { reason, became: appended.verdicts[index]?.is ?? 'aside', count: 1 });
  for (const row of rows) {
    const became = heldBack(row, appending.synced);
    if (became !== undefined) addTo(total, { reason: row.reason, became, count: 1 });
  }
  return { slice: { lastId: last.id, messages: [...total.values()] }, appended };
}

function heldBack({ reason, bytes, payload }: AsideMessage, synced: boolean): Became | undefined {
  if (payload.length < bytes) return 'truncated';
  return reason === 'far_future' && !synced ? 'clock' : undefined;
}

/** Adds what became of messages to what became of others. */
function addTo(total: Map<string, Readmitted>, { reason, became, count }: Readmitted): void {
  const key = `${reason} ${became}`;
  total.set(key, { reason, became, count: (total.get(key)?.count ?? 0) + count });
}

/** Everything that is set aside, slice by slice; between two of them others have their turn. */
export async function readmitAll(
  log: { readmit(afterId: number, nowMs: number): ReadmittedSlice | undefined },
  nowMs: () => number,
): Promise<readonly Readmitted[]> {
  const total = new Map<string, Readmitted>();
  let slice = log.readmit(0, nowMs());
  while (slice !== undefined) {
    for (const some of slice.messages) addTo(total, some);
    await new Promise<void>((resolve) => setImmediate(resolve));
    slice = log.readmit(slice.lastId, nowMs());
  }
  return [...total.values()];
}
