// Recordings of raw traffic, one JSON object a line. The first line is the header, each other a packet or a chunk:
// {"recording":1,"definition":"victron-ble","medium":"advertisement","when":"2026-01-31T12:00:00.000Z"}
// {"ms":12,"medium":"advertisement","direction":"in","source":737,"address":"C0:…","rssi":-60,"bytes":"1002…"}
// {"ms":15,"medium":"serial","direction":"out","bytes":"3a37…"}
// A log of candump is one too: its time begins with its first line.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseCandump } from '@wattline/protocols';
import { type Moment, TransportError } from '../transport.ts';

/** What a log of candump says of its device. Its lines need their time: what was heard once must not look new. */
export const candumpDefinition = 'can';

export interface RecordingHeader {
  /** Version of the format. */
  readonly recording: 1;
  /** Family of the device. */
  readonly definition: string;
  readonly medium: string;
  /** When it began, ISO 8601. */
  readonly when: string;
}

export interface RecordedEntry {
  /** Since the header's time. */
  readonly ms: number;
  readonly medium: string;
  /** `in`: from the device. */
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  /** Something secret in the bytes was blotted out. */
  readonly redacted?: true;
  /** Of a packet: company id or CAN id. */
  readonly source?: number;
  readonly address?: string;
  readonly rssi?: number;
  readonly name?: string;
}

/** An entry with the times that it has by the clocks of its recording. */
export interface PlayedEntry extends RecordedEntry {
  readonly moment: Moment;
}

export const writeEntry = ({ bytes, ...entry }: RecordedEntry): string =>
  JSON.stringify({ ...entry, bytes: Buffer.from(bytes).toString('hex') });

/**
 * Reads a recording from its beginning. Damaged lines (the last one after a power cut) are counted and left out.
 *
 * @throws TransportError when the file cannot be read or is no recording
 */
export async function* readRecording(path: string, malformed: () => void): AsyncGenerator<PlayedEntry, void> {
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let header: RecordingHeader | undefined;
  let startMs = 0;
  try {
    for await (const line of lines) {
      if (header === undefined) {
        header = parseHeader(line, path);
        startMs = Date.parse(header.when);
        if (header.definition !== candumpDefinition) continue;
      }
      const entry =
        header.definition === candumpDefinition
          ? parseCandumpEntry(line, startMs)
          : parseEntry(line, header.medium);
      if (entry) yield { ...entry, moment: { wallMs: startMs + entry.ms, uptimeMs: entry.ms } };
      else malformed();
    }
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransportError('absent', `the recording ${path} cannot be read: ${reason}`);
  } finally {
    input.destroy();
    if (!input.closed) await once(input, 'close');
  }
  if (header === undefined) throw new TransportError('unusable', `the recording ${path} is empty`);
}

/** What a recording is of. @throws TransportError as `readRecording` */
export async function readHeader(path: string): Promise<RecordingHeader> {
  const input = createReadStream(path);
  try {
    for await (const line of createInterface({ input })) return parseHeader(line, path);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError('absent', `the recording ${path} cannot be read: ${(error as Error).message}`);
  } finally {
    input.destroy();
  }
  throw new TransportError('unusable', `the recording ${path} is empty`);
}

function parseHeader(line: string, path: string): RecordingHeader {
  const { wallMs } = parseCandump(line) ?? {};
  if (wallMs !== undefined) {
    const when = new Date(wallMs).toISOString();
    return { recording: 1, definition: candumpDefinition, medium: 'can', when };
  }
  const { recording, definition, medium, when } = objectOf(line);
  if (recording !== 1) {
    throw new TransportError(
      'unusable',
      `${path} is no recording of this version: its first line must begin with {"recording":1, it is ${line.slice(0, 80)}`,
    );
  }
  if (Number.isNaN(Date.parse(String(when)))) {
    throw new TransportError('unusable', `${path} does not say when it was recorded: "when" is ${when}`);
  }
  return { recording, definition: String(definition), medium: String(medium), when: String(when) };
}

function parseCandumpEntry(line: string, startMs: number): RecordedEntry | undefined {
  const { frame, wallMs } = parseCandump(line) ?? {};
  if (frame === undefined || wallMs === undefined) return undefined;
  return { ms: wallMs - startMs, medium: 'can', direction: 'in', bytes: frame.data, source: frame.id };
}

function parseEntry(line: string, mediumOfHeader: string): RecordedEntry | undefined {
  const { ms, medium, direction, bytes, redacted, source, address, rssi, name } = objectOf(line);
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return undefined;
  if (direction !== 'in' && direction !== 'out') return undefined;
  if (typeof bytes !== 'string' || !/^([0-9a-f]{2})*$/i.test(bytes)) return undefined;
  return {
    ms,
    medium: typeof medium === 'string' ? medium : mediumOfHeader,
    direction,
    bytes: Uint8Array.from(Buffer.from(bytes, 'hex')),
    ...(redacted === true ? { redacted } : {}),
    ...(typeof source === 'number' ? { source } : {}),
    ...(typeof address === 'string' ? { address } : {}),
    ...(typeof rssi === 'number' ? { rssi } : {}),
    ...(typeof name === 'string' ? { name } : {}),
  };
}

function objectOf(line: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
