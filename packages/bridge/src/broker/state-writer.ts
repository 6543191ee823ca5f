// Writes of the broker's own state, together in one transaction, each reported when it is durable.

import { type Store, sqliteErrorCode } from '../store.ts';

export interface StateWriter {
  /** `durable` is called after the commit, in the order of writes. */
  write(statement: () => void, durable: () => void): void;
  /** Commits what waits, if the disk lets it, and takes nothing any more. */
  close(): void;
}

const retryMs = 1_000;

export function createStateWriter(store: Store, report: (text: string) => void): StateWriter {
  let waiting: { statement: () => void; durable: () => void }[] = [];
  let refused = false;
  let closed = false;
  const flush = (): void => {
    if (waiting.length === 0 || closed) return;
    const group = waiting;
    try {
      store.transaction(() => {
        for (const { statement } of group) statement();
      });
    } catch (error) {
      if (sqliteErrorCode(error) === undefined) throw error;
      if (!refused)
        report(`The store refused the broker's retained messages: ${String(error)}. Tried again.`);
      refused = true;
      setTimeout(flush, retryMs).unref();
      return;
    }
    refused = false;
    waiting = [];
    for (const { durable } of group) durable();
  };
  return {
    write: (statement, durable) => {
      if (closed) return;
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ statement, durable });
    },
    close: () => {
      flush();
      closed = true;
    },
  };
}
