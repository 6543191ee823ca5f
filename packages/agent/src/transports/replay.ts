// A recording in place of a device: as a receiver, or as a link that answers the questions it was recorded with.

import { setTimeout as waitMs } from 'node:timers/promises';
import type { Moment } from '../reading/device.ts';
import { type Connect, type Link, type Receiver, TransportError } from '../transport.ts';
import { type RecordedEntry, readRecording } from './recording.ts';

interface ReplayOptions {
  readonly path: string;
  /** `recorded`: with the pauses of the recording. */
  readonly pace: 'recorded' | 'fastest';
  /** Packets are stamped with the time at which they are replayed. */
  readonly now: () => Moment;
  /** Rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** The iteration ends with the recording. */
export function replayReceiver(options: ReplayOptions): Receiver {
  const counts = { packets: 0, dropped: 0, malformed: 0 };
  return {
    counters: () => counts,
    async *packets(signal) {
      const due = pacer(options);
      try {
        for await (const entry of readRecording(options.path, () => counts.malformed++)) {
          const { bytes, source, address = '', rssi = 0, name } = entry;
          if (signal.aborted) return;
          if (source === undefined) continue;
          await due(entry, signal);
          counts.packets++;
          const packet = { source, payload: bytes, address, rssi, moment: options.now() };
          yield name === undefined ? packet : { ...packet, name };
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** Chunks come as far as the recording goes without a question; a question is answered as it was when recorded. */
export function replayLink(options: ReplayOptions, malformed: () => void = () => {}): Connect {
  return async (signal) => {
    signal.throwIfAborted();
    const entries = readRecording(options.path, malformed);
    const first = await entries.next();
    return createReplay(entries, first.value ?? undefined, options);
  };
}

function createReplay(
  entries: AsyncGenerator<RecordedEntry, void>,
  first: RecordedEntry | undefined,
  options: ReplayOptions,
): Link {
  const due = pacer(options);
  let next = first;
  let written = Promise.withResolvers<void>();
  const advance = async (): Promise<void> => {
    next = (await entries.next()).value ?? undefined;
  };
  return {
    async read(signal) {
      for (;;) {
        signal.throwIfAborted();
        const entry = next;
        if (entry === undefined) throw new TransportError('lost', `the recording ${options.path} has ended`);
        if (entry.direction === 'in') {
          await due(entry, signal);
          await advance();
          return entry.bytes;
        }
        await orAborted(written.promise, signal);
      }
    },
    async write(bytes) {
      while (next && !isQuestion(next, bytes)) await advance();
      await advance();
      written.resolve();
      written = Promise.withResolvers();
    },
    async close() {
      await entries.return();
      next = undefined;
      written.resolve();
    },
  };
}

/** Of what was blotted out only the length can agree. */
const isQuestion = ({ direction, bytes, redacted }: RecordedEntry, asked: Uint8Array): boolean =>
  direction === 'out' && (redacted ? bytes.length === asked.length : Buffer.compare(bytes, asked) === 0);

function pacer({ pace, now, wait = defaultWait }: ReplayOptions) {
  const startedMs = now().uptimeMs;
  return async ({ ms }: RecordedEntry, signal: AbortSignal): Promise<void> => {
    const restMs = startedMs + ms - now().uptimeMs;
    if (pace === 'fastest' || restMs <= 0) return;
    await wait(restMs, signal).catch(() => signal.throwIfAborted());
  };
}

const defaultWait = (ms: number, signal: AbortSignal): Promise<unknown> => waitMs(ms, undefined, { signal });

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
