// Records what goes over a receiver or a link, for replaying and for reports. Secrets in logins are blotted out.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Connect, Moment, Receiver } from '../transport.ts';
import { type RecordedEntry, type RecordingHeader, writeEntry } from './recording.ts';

export interface Recorder {
  /** `uptimeMs`: when it happened; default now. */
  add(entry: Omit<RecordedEntry, 'ms' | 'medium'>, uptimeMs?: number): void;
  close(): void;
}

/** What may be written down of bytes that go over a link; `undefined`: all of it. */
type Redact = (bytes: Uint8Array, direction: 'in' | 'out') => Uint8Array | undefined;

/** Begins a new file, readable by its owner only. Each entry is in the file when `add` returns. */
export function createRecorder(
  path: string,
  { definition, medium }: Pick<RecordingHeader, 'definition' | 'medium'>,
  now: () => Moment,
): Recorder {
  const file = openSync(path, 'w', 0o600);
  const started = now();
  const header: RecordingHeader = {
    recording: 1,
    definition,
    medium,
    when: new Date(started.wallMs).toISOString(),
  };
  writeSync(file, `${JSON.stringify(header)}\n`);
  return {
    add(entry, uptimeMs = now().uptimeMs) {
      const ms = Math.max(0, Math.round(uptimeMs - started.uptimeMs));
      writeSync(file, `${writeEntry({ ms, medium, ...entry })}\n`);
    },
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

export function recordReceiver(receiver: Receiver, recorder: Recorder): Receiver {
  return {
    counters: receiver.counters,
    async *packets(signal) {
      for await (const packet of receiver.packets(signal)) {
        const { payload, moment, ...about } = packet;
        recorder.add({ direction: 'in', bytes: payload, ...about }, moment.uptimeMs);
        yield packet;
      }
    },
  };
}

export function recordLink(connect: Connect, recorder: Recorder, redact: Redact = () => undefined): Connect {
  const add = (direction: 'in' | 'out', bytes: Uint8Array): void => {
    const redacted = redact(bytes, direction);
    if (redacted === undefined) recorder.add({ direction, bytes });
    else recorder.add({ direction, bytes: redacted, redacted: true });
  };
  return async (signal) => {
    const link = await connect(signal);
    return {
      async write(bytes) {
        add('out', bytes);
        await link.write(bytes);
      },
      async read(readSignal) {
        const chunk = await link.read(readSignal);
        add('in', chunk);
        return chunk;
      },
      close: link.close,
    };
  };
}
