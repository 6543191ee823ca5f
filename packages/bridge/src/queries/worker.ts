// The thread that reads history: one question after the other, exports in pieces between them.

import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '../store.ts';
import { createLocalDays } from '../tiers/local-days.ts';
import { createWindows } from '../tiers/windows.ts';
import { exportLines } from './export.ts';
import { openHistory } from './history.ts';
import { holdingsOf } from './holdings.ts';
import { queryIncrease } from './increase.ts';
import type { Reply, Request, WorkerSettings } from './protocol.ts';
import { querySeries } from './series.ts';

/** One piece of an export. */
const pieceLength = 65_536;
const pieceMs = 10;

function start(port: NonNullable<typeof parentPort>, settings: WorkerSettings): void {
  // On Linux the priority is the thread's own: acknowledgements go before answers, also on one core.
  setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
  const days = createLocalDays(settings.timeZone);
  const tiers = settings.tiers.map((tier) => ({ ...tier, windows: createWindows(tier.every, days) }));
  const everies = tiers.map(({ every }) => every);
  const reader = openReader(settings.file);
  const history = openHistory(reader, everies);
  const exports = new Map<number, Generator<string>>();
  const monotonicMs = (): number => performance.now();

  const nextPiece = (id: number): { readonly text: string; readonly isLast: boolean } => {
    const lines = exports.get(id);
    if (lines === undefined) throw new Error('the export was ended');
    const untilMs = monotonicMs() + pieceMs;
    let text = '';
    do {
      const line = lines.next();
      if (line.done) {
        exports.delete(id);
        return { text, isLast: true };
      }
      text += line.value;
    } while (text.length < pieceLength && monotonicMs() < untilMs);
    return { text, isLast: false };
  };

  const answer = async (request: Request): Promise<unknown> => {
    const { kind, question, nowMs } = request;
    switch (kind) {
      case 'series':
        return querySeries(history, tiers, question, { nowMs, monotonicMs });
      case 'increase':
        return queryIncrease(history, tiers, question.series, question.field, question, nowMs);
      case 'export': {
        // Only for this, because the client of InfluxDB takes as long to load as everything else.
        const { lineOf } = await import('../sinks/line-protocol.ts');
        exports.set(question.export, exportLines(history, everies, question.text, lineOf));
        return null;
      }
      case 'holdings':
        return holdingsOf(reader, everies);
      case 'next':
        return nextPiece(question.export);
      case 'end':
        exports.delete(question.export);
        return null;
    }
  };

  port.on('message', async (request: Request) => {
    let reply: Reply;
    try {
      reply = { id: request.id, json: JSON.stringify(await answer(request)) };
    } catch (error) {
      reply = { id: request.id, error: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(reply);
  });
}

if (parentPort === null) throw new Error('This file is started as a worker thread.');
const settings: WorkerSettings = workerData;
start(parentPort, settings);
