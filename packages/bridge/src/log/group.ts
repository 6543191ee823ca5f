// A group of messages as one blob:
//   u8 version (1) · u32be CRC-32 of all that follows
//   count · received base · series: n, then n × (id, names length, names) · streams: n, then n × id
//   per message: flags · series index · received − base (zigzag) · time − received (zigzag)
//                [stream index · sequence] · [left out length, left out as JSON] · payload length · payload
// Names are the topic and, behind a NUL, the device of a translated message. Whole numbers are LEB128, up to 2^53.

import { crc32 } from 'node:zlib';

export interface GroupRecord {
  readonly series: number;
  readonly topic: string;
  /** Of a translated message: the topic of the device that it is of. */
  readonly device?: string | undefined;
  /** Fields whose values are none of the reading's. */
  readonly leftOut?: readonly string[] | undefined;
  readonly receivedMs: number;
  /** Time of the reading as the log placed it. */
  readonly timeMs: number;
  readonly retained: boolean;
  /** The sender's clock was not set; the time was found by its boot. */
  readonly placed: boolean;
  /** Known by its digest, because it names no stream and sequence. */
  readonly digested: boolean;
  /** Its time was not known yet: the reading itself stands at a later position, once it is. */
  readonly waits: boolean;
  /** 0: the message names none. */
  readonly stream: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const version = 1;
const headBytes = 5;
const flag = { retained: 1, placed: 2, digested: 4, identified: 8, waits: 16, leftOut: 32 } as const;
const varintBytesMax = 8;

interface GroupWriter {
  add(record: GroupRecord): void;
  readonly count: number;
  /** Of the records so far, without the head. */
  readonly bytes: number;
  /** The whole group; valid until the next call of the writer. Empties it. */
  take(): Uint8Array;
}

interface SeriesEntry {
  readonly id: number;
  readonly topic: string;
  readonly device: string | undefined;
  readonly index: number;
}

const flagsOf = ({ retained, placed, digested, stream, waits, leftOut }: GroupRecord): number =>
  (retained ? flag.retained : 0) |
  (placed ? flag.placed : 0) |
  (digested ? flag.digested : 0) |
  (stream !== 0 ? flag.identified : 0) |
  (waits ? flag.waits : 0) |
  (leftOut === undefined ? 0 : flag.leftOut);

export function createGroupWriter(): GroupWriter {
  let body = createBytes(64 * 1024);
  let count = 0;
  let baseMs = 0;
  let series: SeriesEntry[] = [];
  let newest = new Map<number, SeriesEntry>();
  let streams = new Map<number, number>();

  // A series has one topic, unless it is of another program that says each value on its own.
  const seriesIndex = ({ series: id, topic, device }: GroupRecord): number => {
    const known = newest.get(id);
    if (known !== undefined && known.topic === topic) return known.index;
    const index =
      known === undefined ? -1 : series.findIndex((entry) => entry.id === id && entry.topic === topic);
    const entry = { id, topic, device, index: index < 0 ? series.length : index };
    if (index < 0) series.push(entry);
    newest.set(id, entry);
    return entry.index;
  };
  const streamIndex = (stream: number): number => {
    let index = streams.get(stream);
    if (index === undefined) {
      index = streams.size;
      streams.set(stream, index);
    }
    return index;
  };
  return {
    add: (record) => {
      if (count === 0) baseMs = record.receivedMs;
      count++;
      const identified = record.stream !== 0;
      body.varint(flagsOf(record));
      body.varint(seriesIndex(record));
      body.varint(zigzag(record.receivedMs - baseMs));
      body.varint(zigzag(record.timeMs - record.receivedMs));
      if (identified) {
        body.varint(streamIndex(record.stream));
        body.varint(record.sequence);
      }
      if (record.leftOut !== undefined) body.block(Buffer.from(JSON.stringify(record.leftOut)));
      body.block(record.payload);
    },
    get count() {
      return count;
    },
    get bytes() {
      return body.length;
    },
    take: () => {
      const start = encodeHead(count, baseMs, series, streams.keys());
      const records = body.written();
      const group = Buffer.allocUnsafe(headBytes + start.length + records.length);
      group.writeUInt8(version, 0);
      group.set(start, headBytes);
      group.set(records, headBytes + start.length);
      group.writeUInt32BE(crc32(group.subarray(headBytes)), 1);
      if (body.length > bytesKept) body = createBytes(64 * 1024);
      else body.clear();
      count = 0;
      series = [];
      newest = new Map();
      streams = new Map();
      return group;
    },
  };
}

function encodeHead(
  count: number,
  baseMs: number,
  series: readonly SeriesEntry[],
  streams: Iterable<number>,
): Uint8Array {
  const bytes = createBytes(1024);
  bytes.varint(count);
  bytes.varint(baseMs);
  bytes.varint(series.length);
  for (const { id, topic, device } of series) {
    bytes.varint(id);
    bytes.block(Buffer.from(device === undefined ? topic : `${topic}${between}${device}`));
  }
  const ids = [...streams];
  bytes.varint(ids.length);
  for (const id of ids) bytes.varint(id);
  return bytes.written();
}

/** A larger buffer than this is not kept for the next group. */
const bytesKept = 4 * 1024 * 1024;

/** No topic holds it: what stands behind it is the device of a translated message. */
const between = '\0';

function namesOf(written: string): Pick<GroupRecord, 'topic' | 'device'> {
  const [topic = '', device] = written.split(between);
  return device === undefined ? { topic } : { topic, device };
}

/** Every record of a group. @throws Error when the bytes are not what was written. */
export function decodeGroup(group: Uint8Array): GroupRecord[] {
  const bytes = Buffer.from(group.buffer, group.byteOffset, group.byteLength);
  if (bytes.length < headBytes || bytes[0] !== version) {
    throw new Error(`a group of version ${version} was expected, version ${bytes[0] ?? 'none'} came`);
  }
  if (crc32(bytes.subarray(headBytes)) !== bytes.readUInt32BE(1))
    throw new Error('checksum of a group is wrong');
  const reader = createReader(bytes, headBytes);
  const count = reader.varint();
  const baseMs = reader.varint();
  const series = Array.from({ length: reader.varint() }, () => ({
    id: reader.varint(),
    names: namesOf(reader.block().toString()),
  }));
  const streams = Array.from({ length: reader.varint() }, () => reader.varint());
  const records: GroupRecord[] = [];
  for (let i = 0; i < count; i++) {
    const flags = reader.varint();
    const key = series[reader.varint()];
    if (key === undefined) throw new Error('a group names a series that it does not have');
    const receivedMs = baseMs + unzigzag(reader.varint());
    const timeMs = receivedMs + unzigzag(reader.varint());
    const identified = (flags & flag.identified) !== 0;
    records.push({
      series: key.id,
      ...key.names,
      receivedMs,
      timeMs,
      retained: (flags & flag.retained) !== 0,
      placed: (flags & flag.placed) !== 0,
      digested: (flags & flag.digested) !== 0,
      waits: (flags & flag.waits) !== 0,
      stream: identified ? (streams[reader.varint()] ?? 0) : 0,
      sequence: identified ? reader.varint() : 0,
      ...((flags & flag.leftOut) === 0 ? {} : { leftOut: JSON.parse(reader.block().toString()) }),
      payload: reader.block(),
    });
  }
  return records;
}

/** As `decodeGroup`; none where the bytes are damaged, for those who can only go on without them. */
export function decodeUndamaged(group: Uint8Array): readonly GroupRecord[] {
  try {
    return decodeGroup(group);
  } catch {
    return [];
  }
}

const zigzag = (number: number): number => (number < 0 ? -2 * number - 1 : 2 * number);
const unzigzag = (number: number): number => (number % 2 === 1 ? -(number + 1) / 2 : number / 2);

function createBytes(size: number) {
  let buffer = Buffer.allocUnsafe(size);
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, length + more));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  };
  const varint = (number: number): void => {
    room(varintBytesMax);
    let rest = number;
    while (rest > 0x7f) {
      buffer[length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    buffer[length++] = rest;
  };
  return {
    varint,
    block: (bytes: Uint8Array): void => {
      varint(bytes.length);
      room(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    written: (): Uint8Array => buffer.subarray(0, length),
    clear: (): void => {
      length = 0;
    },
    get length() {
      return length;
    },
  };
}

function createReader(bytes: Buffer, start: number) {
  let at = start;
  const varint = (): number => {
    let number = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a group ends in the middle');
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number;
    }
  };
  return {
    varint,
    block: (): Buffer => {
      const length = varint();
      if (at + length > bytes.length) throw new Error('a group ends in the middle');
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}
