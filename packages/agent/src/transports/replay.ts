// A recording in place of a device: as a receiver, or as a link that answers the questions it was recorded with.
// What comes out of it carries the time at which it was recorded: an old value must not look new.

import { setTimeout as waitMs } from 'node:timers/promises';
import { type Connect, type Link, type Moment, type Receiver, TransportError } from '../transport.ts';
import { orAborted } from './or-aborted.ts';
import { type PlayedEntry, type RecordedEntry, readRecording } from './recording.ts';

interface ReplayOptions {
  readonly path: string;
  /** `recorded`: with the pauses of the recording. */
  readonly pace: 'recorded' | 'fastest';
  /** For the pauses. */
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
          const { bytes, source, address = '', rssi = 0, name, moment } = entry;
          if (signal.aborted) return;
          if (source === undefined) continue;
          await due(entry, signal);
          counts.packets++;
          const packet = { source, payload: bytes, address, rssi, moment };
          yield name === undefined ? packet : { ...packet, name };
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

interface ReplayedLink {
  readonly connect: Connect;
  /** The clocks of the recording: they stand at what was read last. */
  readonly now: () => Moment;
}

/** Chunks come as far as the recording goes without a question; a question is answered as it was when recorded. */
export function replayLink(options: ReplayOptions, malformed: () => void = () => {}): ReplayedLink {
  let moment: Moment = { wallMs: 0, uptimeMs: 0 };
  const played = (entry: PlayedEntry): void => {
    moment = entry.moment;
  };
  return {
    now: () => moment,
    async connect(signal) {
      signal.throwIfAborted();
      const entries = readRecording(options.path, malformed);
      const first = await entries.next();
      return createReplay(entries, first.value ?? undefined, played, options);
    },
  };
}

function createReplay(
  entries: AsyncGenerator<PlayedEntry, void>,
  first: PlayedEntry | undefined,
  played: (entry: PlayedEntry) => void,
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
          played(entry);
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
