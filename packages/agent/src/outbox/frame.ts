// Frames of the outbox's files, made so that a damaged one costs only itself:
//   ff 57 4c 31 | length u32le | CRC-32 u32le of length and body | body, UTF-8
// 0xff never occurs in UTF-8, so no body holds the marker, and the search for the next frame cannot end inside one.

import { crc32 } from 'node:zlib';

const marker = Buffer.from([0xff, 0x57, 0x4c, 0x31]);
const headerBytes = marker.length + 8;
/** Longest body of a frame. A longer length in a file is damage. */
export const bodyBytesMax = 64 * 1024;

/** Throws RangeError when the body is too long. */
export function encodeFrame(body: string): Buffer {
  const text = Buffer.from(body, 'utf8');
  if (text.length > bodyBytesMax) throw new RangeError(`${text.length} bytes are more than ${bodyBytesMax}`);
  const frame = Buffer.alloc(headerBytes + text.length);
  marker.copy(frame);
  frame.writeUInt32LE(text.length, marker.length);
  text.copy(frame, headerBytes);
  frame.writeUInt32LE(checksum(frame, 0, text.length), marker.length + 4);
  return frame;
}

interface Frame {
  readonly body: string;
  /** Where the next frame may begin. */
  readonly end: number;
}

interface Frames {
  readonly frames: readonly Frame[];
  /** Bytes that belong to no sound frame. */
  readonly corruptBytes: number;
}

/** Every sound frame, in order. Never throws. */
export function readFrames(bytes: Buffer): Frames {
  const frames: Frame[] = [];
  let corruptBytes = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = soundLength(bytes, at);
    if (length !== undefined) {
      const end = at + headerBytes + length;
      frames.push({ body: bytes.toString('utf8', at + headerBytes, end), end });
      at = end;
      continue;
    }
    const next = bytes.indexOf(marker, at + 1);
    const skipped = (next < 0 ? bytes.length : next) - at;
    corruptBytes += skipped;
    at += skipped;
  }
  return { frames, corruptBytes };
}

/** Length of the body of the frame that begins here, if it is whole and sound. */
function soundLength(bytes: Buffer, at: number): number | undefined {
  if (
    bytes.length - at < headerBytes ||
    bytes.compare(marker, 0, marker.length, at, at + marker.length) !== 0
  ) {
    return undefined;
  }
  const length = bytes.readUInt32LE(at + marker.length);
  if (length > bodyBytesMax || length > bytes.length - at - headerBytes) return undefined;
  return bytes.readUInt32LE(at + marker.length + 4) === checksum(bytes, at, length) ? length : undefined;
}

function checksum(bytes: Buffer, at: number, length: number): number {
  const ofLength = crc32(bytes.subarray(at + marker.length, at + marker.length + 4));
  return crc32(bytes.subarray(at + headerBytes, at + headerBytes + length), ofLength);
}
