// The links of the process that owns the radio, as its parent orders them: chunks go to the parent as they come, each with
// the number of writes before it.

import { type Connect, type GattWay, type Link, TransportError } from '../transport.ts';
import type { Failure, LinkNews, LinkOrder } from './radio-messages.ts';

export interface ServedLinks {
  obey(order: LinkOrder): void;
  closeAll(): Promise<void>;
}

interface Served {
  readonly abort: AbortController;
  link?: Link;
  writes: number;
}

export function serveLinks(
  connect: (way: GattWay) => Connect,
  tell: (news: LinkNews) => unknown,
): ServedLinks {
  const served = new Map<number, Served>();
  return {
    obey(order) {
      const own = served.get(order.link);
      switch (order.order) {
        case 'connect': {
          const begun: Served = { abort: new AbortController(), writes: 0 };
          served.set(order.link, begun);
          void open(order.link, begun, connect(order.way), order.dueMs, tell).finally(() =>
            served.delete(order.link),
          );
          return;
        }
        case 'write':
          if (own?.link !== undefined) void write(order.link, own, own.link, order.bytes, tell);
          return;
        case 'close':
          own?.abort.abort();
          return;
      }
    },
    async closeAll() {
      for (const { abort } of served.values()) abort.abort();
      await Promise.all([...served.values()].map(({ link }) => link?.close()));
    },
  };
}

/** From the attempt to connect to the end of the link. */
async function open(
  number: number,
  own: Served,
  connect: Connect,
  dueMs: number | undefined,
  tell: (news: LinkNews) => unknown,
): Promise<void> {
  const { signal } = own.abort;
  let failure: Failure | undefined;
  try {
    const waits = (isWaiting: boolean): void => {
      if (!signal.aborted) tell({ news: 'waits', link: number, isWaiting });
    };
    const link = await connect(signal, { dueMs: dueMs ?? 0, waits });
    own.link = link;
    if (!signal.aborted) tell({ news: 'connected', link: number });
    for (;;) {
      const bytes = await link.read(signal);
      tell({ news: 'chunk', link: number, after: own.writes, bytes });
    }
  } catch (error) {
    if (!signal.aborted) failure = failureOf(error);
  }
  if (failure !== undefined) tell({ news: 'broken', link: number, failure });
  await own.link?.close();
  tell({ news: 'closed', link: number });
}

async function write(
  number: number,
  own: Served,
  link: Link,
  bytes: Uint8Array,
  tell: (news: LinkNews) => unknown,
): Promise<void> {
  const count = ++own.writes;
  try {
    await link.write(bytes);
    tell({ news: 'written', link: number, count });
  } catch (error) {
    tell({ news: 'written', link: number, count, failure: failureOf(error) });
  }
}

/** Anything but a broken way is a fault of ours or of noble's, and ends the process with its stack. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof TransportError)) throw error;
  return { code: error.code, message: error.message };
}
