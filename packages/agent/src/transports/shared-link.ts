// One port for several readers: what comes is heard by all of them, what one writes goes out for itself. A device that
// talks unasked and is asked beside it (VE.Direct text and HEX), or several units on one bus.

import { type Connect, type Link, TransportError } from '../transport.ts';
import { createChunkBuffer } from './chunk-buffer.ts';
import { orAborted } from './or-aborted.ts';

/** The port opens with the first reader and closes with the last. */
export function shareLink(connect: Connect): Connect {
  let open: SharedPort | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    if (open === undefined || open.isOver()) open = openPort(connect);
    return await open.join(signal);
  };
}

interface SharedPort {
  /** Closed by its last reader, lost, or never opened. */
  isOver(): boolean;
  join(signal: AbortSignal): Promise<Link>;
}

type Reader = ReturnType<typeof createChunkBuffer>;

function openPort(connect: Connect): SharedPort {
  const readers = new Set<Reader>();
  const giveUp = new AbortController();
  let isOver = false;
  let waiting = 0;
  const opening = connect(giveUp.signal).then((link) => {
    void hearAll(link);
    return link;
  });
  opening.catch(() => {
    isOver = true;
  });
  const hearAll = async (link: Link): Promise<void> => {
    const { signal } = giveUp;
    try {
      for (;;) {
        const chunk = await link.read(signal);
        for (const reader of readers) reader.push(chunk);
      }
    } catch (error) {
      isOver = true;
      const lost = error instanceof TransportError ? error : closedByUs();
      for (const reader of readers) reader.fail(lost);
      await link.close();
    }
  };
  const leave = async (reader?: Reader): Promise<void> => {
    if (reader !== undefined) {
      readers.delete(reader);
      reader.fail(closedByUs());
    }
    if (readers.size > 0 || waiting > 0 || isOver) return;
    isOver = true;
    giveUp.abort(closedByUs());
    await opening.then(
      (link) => link.close(),
      () => {},
    );
  };
  return {
    isOver: () => isOver,
    async join(signal) {
      const reader = createChunkBuffer();
      waiting++;
      try {
        const link = await orAborted(opening, signal);
        readers.add(reader);
        return viewOf(link, reader, () => leave(reader));
      } finally {
        waiting--;
        if (signal.aborted) void leave();
      }
    },
  };
}

const closedByUs = (): TransportError => new TransportError('lost', 'the port was closed');

function viewOf(link: Link, reader: Reader, leave: () => Promise<void>): Link {
  return {
    read: reader.read,
    async write(bytes) {
      reader.forget();
      await link.write(bytes);
    },
    close: leave,
  };
}
