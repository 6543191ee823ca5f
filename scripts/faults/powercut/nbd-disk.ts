// A disk that remembers: an NBD server on a Unix socket that keeps every write and flush in the order of arrival, with
// the words of the writer between them. One request at a time, answered after it is kept.
// NBD protocol, "Newstyle negotiation" and "Transmission phase"; all numbers big-endian.

import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

export type DiskEvent =
  | { readonly is: 'write'; readonly offset: number; readonly bytes: Buffer; readonly forced: boolean }
  /** What was written before is safe. */
  | { readonly is: 'flush' }
  | { readonly is: 'word'; readonly text: string };

export interface RecordedDisk {
  readonly events: readonly DiskEvent[];
  close(): void;
}

const magic = Buffer.from('NBDMAGICIHAVEOPT');
const optionMagic = 0x3e889045565a9n;
/** Has flags, FLUSH, FUA: a disk with a cache that a power cut empties. */
const transmissionFlags = 1 | 4 | 8;
const option = { exportName: 1, abort: 2, info: 6, go: 7 } as const;
const command = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
const invalid = 22;

/** @param words file that the writer's words are appended to; they are kept before the first request after them */
export async function serveRecordedDisk(
  path: string,
  sizeBytes: number,
  words: string,
): Promise<RecordedDisk> {
  const disk = Buffer.alloc(sizeBytes);
  const events: DiskEvent[] = [];
  const listen = createListener(words, (text) => events.push({ is: 'word', text }));
  const server = createServer((socket) => converse(socket, disk, events, listen.hear));
  await once(server.listen(path), 'listening');
  return {
    events,
    close: () => {
      listen.hear();
      listen.close();
      server.close();
    },
  };
}

function createListener(path: string, heard: (text: string) => void) {
  const file = openSync(path, 'a+');
  const buffer = Buffer.alloc(64 * 1024);
  let [position, rest] = [0, ''];
  return {
    hear: (): void => {
      for (let count = 1; count > 0; position += count) {
        count = readSync(file, buffer, 0, buffer.length, position);
        const lines = `${rest}${buffer.toString('utf8', 0, count)}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) heard(line);
      }
    },
    close: () => closeSync(file),
  };
}

function converse(socket: Socket, disk: Buffer, events: DiskEvent[], hear: () => void): void {
  let buffer = Buffer.alloc(0);
  let step: 'hello' | 'options' | 'requests' = 'hello';
  const take = (count: number): Buffer => {
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };
  socket.write(Buffer.concat([magic, Buffer.from([0, 3])]));
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (step === 'hello' && buffer.length >= 4) {
      take(4);
      step = 'options';
    }
    while (step === 'options' && buffer.length >= 16 && buffer.length >= 16 + buffer.readUInt32BE(12)) {
      const head = take(16);
      take(head.readUInt32BE(12));
      if (answerOption(socket, head.readUInt32BE(8), disk.length)) step = 'requests';
    }
    while (step === 'requests' && buffer.length >= 28) {
      const length = buffer.readUInt32BE(24);
      const isWrite = buffer.readUInt16BE(6) === command.write;
      if (isWrite && buffer.length < 28 + length) return;
      const head = take(28);
      hear();
      serve(socket, head, isWrite ? Buffer.from(take(length)) : undefined, disk, events);
    }
  });
}

/** True when requests come next. */
function answerOption(socket: Socket, asked: number, sizeBytes: number): boolean {
  const answer = (type: number, bytes = Buffer.alloc(0)): void => {
    const head = Buffer.alloc(20);
    head.writeBigUInt64BE(optionMagic, 0);
    head.writeUInt32BE(asked, 8);
    head.writeUInt32BE(type, 12);
    head.writeUInt32BE(bytes.length, 16);
    socket.write(Buffer.concat([head, bytes]));
  };
  const size = Buffer.alloc(10);
  size.writeBigUInt64BE(BigInt(sizeBytes), 0);
  size.writeUInt16BE(transmissionFlags, 8);
  if (asked === option.exportName) socket.write(Buffer.concat([size, Buffer.alloc(124)]));
  else if (asked === option.info || asked === option.go) {
    answer(3, Buffer.concat([Buffer.alloc(2), size]));
    answer(1);
  } else if (asked === option.abort) {
    answer(1);
    socket.end();
  } else answer(0x80000001);
  return asked === option.exportName || asked === option.go;
}

function serve(
  socket: Socket,
  head: Buffer,
  bytes: Buffer | undefined,
  disk: Buffer,
  events: DiskEvent[],
): void {
  const [flags, type, length] = [head.readUInt16BE(4), head.readUInt16BE(6), head.readUInt32BE(24)];
  const offset = Number(head.readBigUInt64BE(16));
  if (type === command.disconnect) return void socket.end();
  const answer = Buffer.alloc(16);
  answer.writeUInt32BE(0x67446698, 0);
  head.copy(answer, 8, 8, 16);
  if (bytes !== undefined) {
    bytes.copy(disk, offset);
    events.push({ is: 'write', offset, bytes, forced: (flags & 1) === 1 });
  } else if (type === command.flush) events.push({ is: 'flush' });
  else if (type !== command.read) answer.writeUInt32BE(invalid, 4);
  socket.write(answer);
  if (type === command.read) socket.write(Buffer.from(disk.subarray(offset, offset + length)));
}
