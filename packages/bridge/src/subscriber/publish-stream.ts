// Takes the messages of a subscription out of the stream of its connection; all other packets pass on to MQTT.js. A
// message costs MQTT.js ten times what it costs to find where topic and payload begin.
// MQTT 5, 2.1 and 3.3: type and flags, remaining length, topic, packet identifier if QoS > 0, properties (5 only), payload.

import { Duplex } from 'node:stream';
import type { Message } from '../message.ts';
import { createTopics, type Topics } from './topics.ts';

export interface Delivered extends Message {
  readonly payload: Buffer;
  /** None at QoS 0, which nobody acknowledges. */
  readonly messageId: number | undefined;
}

export interface PublishStreamOptions {
  readonly socket: Duplex;
  /** Only 5 has properties. */
  readonly protocolVersion: number | undefined;
  readonly nowMs: () => number;
  readonly hasRoom: () => boolean;
  /** Calls back once, as soon as there is room again. */
  readonly whenRoom: (resume: () => void) => void;
  readonly take: (message: Delivered) => void;
}

const publishType = 3;
const lengthBytesMax = 4;

/** The stream for MQTT.js. Reads nothing from the socket while there is no room. */
export function withoutPublishes({ socket, ...options }: PublishStreamOptions): Duplex {
  let rest: Buffer = Buffer.alloc(0);
  /** What came since, and how much is needed before it is worth looking. */
  const further: Buffer[] = [];
  let furtherBytes = 0;
  let missingBytes = 0;
  let isBlocked = false;
  const known: Known = { version: options.protocolVersion, topics: createTopics() };

  /** Puts together no more than the packet that is not whole yet: all others lie in what the socket gave, uncopied. */
  const readOn = (): void => {
    const pieces = [rest];
    for (let next = further.shift(); next !== undefined; next = further.shift()) {
      const piece = rest.length === 0 ? next : next.subarray(0, missingBytes);
      pieces.push(piece);
      furtherBytes -= piece.length;
      missingBytes -= piece.length;
      if (piece.length < next.length) further.unshift(next.subarray(piece.length));
      if (rest.length === 0 || missingBytes <= 0) break;
    }
    rest = rest.length === 0 ? (pieces[1] ?? rest) : Buffer.concat(pieces);
  };
  const work = (): void => {
    take();
    while (!isBlocked && !outer.destroyed && further.length > 0 && furtherBytes >= missingBytes) {
      readOn();
      take();
    }
    if (isBlocked) {
      socket.pause();
      options.whenRoom(resume);
    }
  };
  const take = (): void => {
    let at = 0;
    const receivedMs = options.nowMs();
    for (;;) {
      const frame = frameAt(rest, at);
      if (typeof frame === 'string') return void outer.destroy(new Error(frame));
      missingBytes = frame.end - rest.length;
      if (missingBytes > 0) break;
      if (!isTaken(rest, at)) outer.push(rest.subarray(at, frame.end));
      else if (options.hasRoom()) options.take(messageIn(rest, at, frame, known, receivedMs));
      else {
        isBlocked = true;
        break;
      }
      at = frame.end;
    }
    rest = rest.subarray(at);
  };
  const resume = (): void => {
    if (!isBlocked || outer.destroyed) return;
    isBlocked = false;
    work();
    if (!isBlocked) socket.resume();
  };
  const outer = new Duplex({
    read: () => undefined,
    write: (chunk, encoding, done) => void socket.write(chunk, encoding, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    further.push(chunk);
    furtherBytes += chunk.length;
    if (!isBlocked && furtherBytes >= missingBytes) work();
  });
  socket.on('end', () => outer.push(null));
  socket.on('error', (error) => outer.destroy(error));
  socket.on('close', () => outer.destroy());
  return outer;
}

interface Frame {
  /** Where its body begins. */
  readonly body: number;
  /** Where it ends; at least, while its length is not known. */
  readonly end: number;
}

/** A string: what is wrong with the length. */
function frameAt(bytes: Buffer, at: number): Frame | string {
  let length = 0;
  for (let index = 1; index <= lengthBytesMax; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return { body: at, end: at + index + 1 };
    length += (byte & 0x7f) * 0x80 ** (index - 1);
    if (byte < 0x80) return { body: at + index + 1, end: at + index + 1 + length };
  }
  return 'a packet came whose length is longer than four bytes';
}

/** QoS 2 is a conversation, and left to MQTT.js. */
const isTaken = (bytes: Buffer, at: number): boolean => {
  const first = bytes[at] ?? 0;
  return first >> 4 === publishType && qosOf(first) < 2;
};

const qosOf = (first: number): number => (first >> 1) & 3;

/** What is the same for all of a connection. */
interface Known {
  readonly version: number | undefined;
  readonly topics: Topics;
}

function messageIn(
  bytes: Buffer,
  at: number,
  { body, end }: Frame,
  { version, topics }: Known,
  receivedMs: number,
): Delivered {
  const first = bytes[at] ?? 0;
  const topicStart = body + 2;
  const topicEnd = Math.min(end, topicStart + (((bytes[body] ?? 0) << 8) | (bytes[body + 1] ?? 0)));
  const topic = topics.read(bytes, topicStart, topicEnd);
  const retained = (first & 1) === 1;
  const hasId = qosOf(first) === 1;
  let start = hasId ? topicEnd + 2 : topicEnd;
  if (version === 5) start = afterProperties(bytes, start);
  const payload = bytes.subarray(Math.min(start, end), end);
  const messageId = hasId ? ((bytes[topicEnd] ?? 0) << 8) | (bytes[topicEnd + 1] ?? 0) : undefined;
  return { topic, payload, receivedMs, retained, messageId };
}

function afterProperties(bytes: Buffer, start: number): number {
  let length = 0;
  for (let index = 0; index < lengthBytesMax; index++) {
    const byte = bytes[start + index] ?? 0;
    length += (byte & 0x7f) * 0x80 ** index;
    if (byte < 0x80) return start + index + 1 + length;
  }
  return start + lengthBytesMax + length;
}
