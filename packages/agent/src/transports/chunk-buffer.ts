// Bytes between a medium that never waits and a reader that may be slow.

interface ChunkBuffer {
  push(chunk: Uint8Array): void;
  /** Every read from now on rejects, after what waits. */
  fail(error: Error): void;
  /** The next chunk; one read at a time. Rejects with the signal's reason when it aborts. */
  read(signal: AbortSignal): Promise<Uint8Array>;
  forget(): void;
  /** Bytes lost because nobody read them. */
  readonly dropped: number;
}

/** Some seconds at the fastest line that devices have. */
export const bytesMax = 16_384;

export function createChunkBuffer(): ChunkBuffer {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let dropped = 0;
  let failure: Error | undefined;
  let reader:
    | { readonly resolve: (chunk: Uint8Array) => void; readonly reject: (error: Error) => void }
    | undefined;

  return {
    push(chunk) {
      if (reader) {
        reader.resolve(chunk);
        // At once: the next chunk may come before the reader has gone on.
        reader = undefined;
        return;
      }
      waiting.push(chunk);
      bytes += chunk.length;
      // The oldest go: a checksum finds the cut, and what comes after it is news.
      while (bytes > bytesMax) {
        const oldest = waiting.shift()?.length ?? 0;
        bytes -= oldest;
        dropped += oldest;
      }
    },
    fail(error) {
      failure ??= error;
      reader?.reject(failure);
    },
    async read(signal) {
      signal.throwIfAborted();
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        bytes -= chunk.length;
        return chunk;
      }
      if (failure) throw failure;
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort);
      reader = { resolve, reject };
      try {
        return await promise;
      } finally {
        reader = undefined;
        signal.removeEventListener('abort', abort);
      }
    },
    forget() {
      waiting.length = 0;
      bytes = 0;
    },
    get dropped() {
      return dropped;
    },
  };
}
