// A way to a server on this machine that can go wrong: it is cut, also in the middle of what is being sent, it stops
// for a while, or what a client has sent arrives a second time on a connection of its own.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Link {
  readonly port: number;
  /** False when there was nothing to cut, as of the other faults. */
  cut(how: 'closed' | 'reset' | 'in the middle'): boolean;
  /** Nothing gets through for so long at least, also of who connects meanwhile; what is sent arrives after it. */
  stall(ms: number): boolean;
  /** Nothing gets through until the function that it returns is called. */
  hold(): () => void;
  /** Of young connections: whatever repeats a request does it soon. */
  duplicate(): boolean;
  close(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly openedMs: number;
  /** What the client has sent first. */
  sent: Buffer;
  /** Until then nothing gets through. */
  stalledUntilMs: number;
  /** Of what comes next, only so much gets through. */
  bytesLeft: number | undefined;
}

const sentBytesMax = 64 * 1024;
const youngMs = 10_000;
const duplicateMs = 300;

/**
 * @param target port on 127.0.0.1
 * @param repeats how much of what a client sent a duplicate repeats. Acknowledgements must not be repeated: they would
 * be those of messages that the client never saw.
 */
export async function openLink(target: number, repeats: 'all' | 'first'): Promise<Link> {
  const pairs = new Set<Pair>();
  let stalledUntilMs = 0;
  const duplicates = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    const pair: Pair = {
      ...{ client, server, openedMs: performance.now(), sent: Buffer.alloc(0) },
      ...{ stalledUntilMs: 0, bytesLeft: undefined },
    };
    pairs.add(pair);
    for (const [one, other] of [[client, server] as const, [server, client] as const]) {
      one.setNoDelay(true);
      one.on('error', () => undefined);
      one.on('data', (chunk) => forward(pair, one, other, chunk));
      one.on('end', () => other.end());
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
    stall(pair, stalledUntilMs);
  });
  const forward = (pair: Pair, from: Socket, to: Socket, chunk: Buffer): void => {
    if (from === pair.client && pair.sent.length < sentBytesMax && !(repeats === 'first' && pair.sent.length))
      pair.sent = Buffer.concat([pair.sent, chunk]).subarray(0, sentBytesMax);
    if (pair.bytesLeft === undefined) {
      if (!to.write(chunk)) pauseUntilDrained(from, to, pair);
      return;
    }
    to.write(chunk.subarray(0, pair.bytesLeft % chunk.length), () => destroyBoth(pair));
  };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  /** Whether it could be done to one at least. */
  const onAll = (fault: (pair: Pair) => boolean): boolean => [...pairs].map(fault).includes(true);
  return {
    port: (listener.address() as AddressInfo).port,
    cut: (how) =>
      onAll((pair) => {
        if (how === 'in the middle') pair.bytesLeft = 1 + (pair.sent.length % 61);
        else if (how === 'reset') for (const each of [pair.client, pair.server]) each.resetAndDestroy();
        else destroyBoth(pair);
        return true;
      }),
    stall: (ms) => {
      stalledUntilMs = Math.max(stalledUntilMs, performance.now() + ms);
      return onAll((pair) => stall(pair, stalledUntilMs));
    },
    hold: () => {
      stalledUntilMs = Number.POSITIVE_INFINITY;
      onAll((pair) => stall(pair, stalledUntilMs));
      return () => {
        stalledUntilMs = 0;
        for (const pair of pairs) release(pair);
      };
    },
    duplicate: () =>
      onAll(({ openedMs, sent }) => {
        if (performance.now() - openedMs > youngMs) return false;
        const again = connect(target, '127.0.0.1', () => again.write(sent));
        duplicates.add(again);
        again.on('error', () => undefined).on('close', () => duplicates.delete(again));
        again.resume();
        setTimeout(() => again.destroy(), duplicateMs);
        return true;
      }),
    close: () => {
      for (const pair of pairs) destroyBoth(pair);
      for (const again of duplicates) again.destroy();
      listener.close();
    },
  };
}

const destroyBoth = ({ client, server }: Pair): void => {
  client.destroy();
  server.destroy();
};

const isStalled = ({ stalledUntilMs }: Pair): boolean => performance.now() < stalledUntilMs;

function pauseUntilDrained(from: Socket, to: Socket, pair: Pair): void {
  from.pause();
  to.once('drain', () => {
    if (!isStalled(pair)) from.resume();
  });
}

/** Whether it is one that was not stalled before. */
function stall(pair: Pair, untilMs: number): boolean {
  const wasStalled = isStalled(pair);
  pair.stalledUntilMs = Math.max(pair.stalledUntilMs, untilMs);
  if (!isStalled(pair)) return false;
  pair.client.pause();
  pair.server.pause();
  const end = (): void => {
    // One that lasts longer ends it.
    if (pair.stalledUntilMs <= untilMs) release(pair);
  };
  if (Number.isFinite(untilMs)) setTimeout(end, Math.ceil(untilMs - performance.now()));
  return !wasStalled;
}

function release(pair: Pair): void {
  pair.stalledUntilMs = 0;
  pair.client.resume();
  pair.server.resume();
}
