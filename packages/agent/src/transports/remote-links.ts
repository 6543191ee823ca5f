// Links that another process holds, seen from its parent. They end with that process.

import { type GattWay, type Link, TransportError, type Turn } from '../transport.ts';
import { createChunkBuffer } from './chunk-buffer.ts';
import type { LinkNews, LinkOrder } from './radio-messages.ts';

export interface RemoteLinks {
  connect(way: GattWay, signal: AbortSignal, turn: Turn | undefined): Promise<Link>;
  take(news: LinkNews): void;
  /** The process has ended. */
  fail(error: TransportError): void;
}

/** For a process that does not answer; it is ended soon. */
const closeMs = 5000;

interface Remote {
  readonly connected: PromiseWithResolvers<void>;
  readonly waits: Turn['waits'];
  readonly closed: PromiseWithResolvers<void>;
  readonly received: ReturnType<typeof createChunkBuffer>;
  readonly writing: Map<number, PromiseWithResolvers<void>>;
  writes: number;
  lost?: TransportError;
}

export function createRemoteLinks(order: (order: LinkOrder) => void): RemoteLinks {
  const links = new Map<number, Remote>();
  let last = 0;
  return {
    async connect(way, signal, turn) {
      signal.throwIfAborted();
      const number = ++last;
      const remote = createRemote(turn?.waits);
      links.set(number, remote);
      const abort = (): void => {
        order({ order: 'close', link: number });
        remote.connected.reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      order({ order: 'connect', link: number, way, ...(turn === undefined ? {} : { dueMs: turn.dueMs }) });
      try {
        await remote.connected.promise;
      } finally {
        signal.removeEventListener('abort', abort);
      }
      return linkOf(number, remote, order);
    },
    take(news) {
      const remote = links.get(news.link);
      if (remote === undefined) return;
      takeNews(news, remote);
      if (news.news === 'closed') links.delete(news.link);
    },
    fail(error) {
      for (const remote of links.values()) {
        breakOff(remote, error);
        remote.closed.resolve();
      }
      links.clear();
    },
  };
}

function createRemote(waits: Turn['waits']): Remote {
  const connected = Promise.withResolvers<void>();
  // Nobody may be waiting when it breaks.
  connected.promise.catch(() => {});
  const closed = Promise.withResolvers<void>();
  return { connected, waits, closed, received: createChunkBuffer(), writing: new Map(), writes: 0 };
}

function takeNews(news: LinkNews, remote: Remote): void {
  switch (news.news) {
    case 'connected':
      remote.connected.resolve();
      return;
    case 'waits':
      remote.waits?.(news.isWaiting);
      return;
    case 'chunk':
      if (news.after === remote.writes) remote.received.push(news.bytes);
      return;
    case 'written': {
      const { failure } = news;
      const writing = remote.writing.get(news.count);
      if (failure === undefined) writing?.resolve();
      else writing?.reject(new TransportError(failure.code, failure.message));
      return;
    }
    case 'broken':
      breakOff(remote, new TransportError(news.failure.code, news.failure.message));
      return;
    case 'closed':
      // Where nobody here asked for it, the process ends.
      breakOff(remote, new TransportError('lost', 'the process that holds the Bluetooth adapter is ending'));
      remote.closed.resolve();
      return;
  }
}

function breakOff(remote: Remote, error: TransportError): void {
  remote.lost ??= error;
  remote.connected.reject(error);
  remote.received.fail(error);
  for (const writing of remote.writing.values()) writing.reject(error);
}

function linkOf(number: number, remote: Remote, order: (order: LinkOrder) => void): Link {
  return {
    read: remote.received.read,
    async write(bytes) {
      if (remote.lost !== undefined) throw remote.lost;
      remote.received.forget();
      const count = ++remote.writes;
      const written = Promise.withResolvers<void>();
      remote.writing.set(count, written);
      order({ order: 'write', link: number, count, bytes: Uint8Array.from(bytes) });
      try {
        await written.promise;
      } finally {
        remote.writing.delete(count);
      }
    },
    async close() {
      breakOff(remote, new TransportError('lost', 'the link is closed'));
      order({ order: 'close', link: number });
      const timer = setTimeout(remote.closed.resolve, closeMs);
      await remote.closed.promise;
      clearTimeout(timer);
    },
  };
}
