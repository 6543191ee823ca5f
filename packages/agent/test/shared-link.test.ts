// One port for several readers, in memory.

import { expect, test } from 'vitest';
import { type Connect, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { shareLink } from '../src/transports/shared-link.ts';
import { settle } from './virtual-time.ts';

const never = new AbortController().signal;

/** A port that counts how often it is opened and closed. */
function port(refuse?: TransportError) {
  const counts = { opened: 0, closed: 0, aborted: 0 };
  const written: Uint8Array[] = [];
  let buffer = createChunkBuffer();
  const admitted = Promise.withResolvers<void>();
  const connect: Connect = async (signal) => {
    signal.addEventListener('abort', () => {
      counts.aborted++;
      admitted.reject(signal.reason);
    });
    await admitted.promise;
    if (refuse !== undefined) throw refuse;
    counts.opened++;
    buffer = createChunkBuffer();
    const own = buffer;
    return {
      read: own.read,
      write: async (bytes) => void written.push(bytes),
      async close() {
        counts.closed++;
        own.fail(new TransportError('lost', 'closed'));
      },
    };
  };
  return {
    ...{ connect: shareLink(connect), counts, written },
    admit: () => admitted.resolve(),
    say: (byte: number) => buffer.push(Uint8Array.of(byte)),
    pull: () => buffer.fail(new TransportError('lost', 'pulled')),
  };
}

test('what comes is heard by all readers, and a question forgets only what its asker has not read', async () => {
  const { connect, admit, say, written, counts } = port();
  const both = Promise.all([connect(never), connect(never)]);
  admit();
  const [listener, asker] = await both;
  say(1);
  await settle();
  await asker.write(Uint8Array.of(9));
  say(2);
  expect(await asker.read(never)).toEqual(Uint8Array.of(2));
  expect([await listener.read(never), await listener.read(never)]).toEqual([
    Uint8Array.of(1),
    Uint8Array.of(2),
  ]);
  expect(written).toEqual([Uint8Array.of(9)]);
  expect(counts.opened).toBe(1);
});

test('the port closes with its last reader, and opens again for the next', async () => {
  const { connect, admit, counts, say } = port();
  admit();
  const [one, other] = [await connect(never), await connect(never)];
  await one.close();
  expect(counts.closed).toBe(0);
  await expect(one.read(never)).rejects.toMatchObject({ code: 'lost' });
  say(1);
  expect(await other.read(never)).toEqual(Uint8Array.of(1));
  await other.close();
  await other.close();
  await settle();
  expect(counts.opened).toBe(1);
  const again = await connect(never);
  say(2);
  expect(await again.read(never)).toEqual(Uint8Array.of(2));
  expect(counts.opened).toBe(2);
});

test('a port that is lost is lost for all, and is opened again once', async () => {
  const { connect, admit, pull, counts } = port();
  admit();
  const readers = [await connect(never), await connect(never)];
  const lost = readers.map((reader) => reader.read(never).catch((error: unknown) => error));
  pull();
  for (const error of await Promise.all(lost))
    expect(error).toMatchObject({ code: 'lost', message: 'pulled' });
  await Promise.all([connect(never), connect(never)]);
  expect(counts.opened).toBe(2);
});

test('a port that does not open is refused to all who wait for it, and tried again for the next', async () => {
  const { connect, admit } = port(new TransportError('denied', 'not yours'));
  const waiting = [connect(never), connect(never)].map((each) => each.catch((error: unknown) => error));
  admit();
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'denied' });
  await expect(connect(never)).rejects.toMatchObject({ code: 'denied' });
});

test('who stops waiting does not stop the others; when nobody waits, nothing is opened', async () => {
  const one = port();
  const stop = new AbortController();
  const waiting = one.connect(stop.signal).catch((error: unknown) => error);
  const other = one.connect(never);
  stop.abort(new Error('enough'));
  expect(await waiting).toMatchObject({ message: 'enough' });
  one.admit();
  await other;
  expect(one.counts).toMatchObject({ opened: 1, aborted: 0 });

  const alone = port();
  const given = alone.connect(AbortSignal.abort(new Error('enough')));
  await expect(given).rejects.toThrow('enough');
  const late = new AbortController();
  const opening = alone.connect(late.signal).catch((error: unknown) => error);
  late.abort(new Error('late'));
  expect(await opening).toMatchObject({ message: 'late' });
  await settle();
  expect(alone.counts).toMatchObject({ opened: 0, aborted: 1 });
});
