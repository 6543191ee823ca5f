// Closes a connection that announces a packet larger than is read. The parser behind it would gather up to 256 MB.
// MQTT 3.1.1, 2.2: one byte of type and flags, then the remaining length, seven bits a byte, at most four bytes.

import type { Socket } from 'node:net';

/** Watches what is read from `socket`; at a larger packet it destroys the socket with an error that says so. */
export function guardPackets(socket: Socket, bytesMaxNow: () => number): void {
  const read = socket.read.bind(socket);
  const follow = createFollower();
  socket.read = (size) => {
    const chunk: unknown = read(size);
    if (!Buffer.isBuffer(chunk)) return chunk;
    const largest = follow(chunk);
    const bytesMax = bytesMaxNow();
    if (largest <= bytesMax) return chunk;
    socket.destroy(new Error(`a packet of ${largest} bytes came, at most ${bytesMax} are read`));
    return null;
  };
}

/** Follows the packets of a stream however it is cut; returns the largest length announced in a chunk. */
export function createFollower(): (chunk: Uint8Array) => number {
  let rest = 0;
  let part: 'type' | 'length' = 'type';
  let length = 0;
  let factor = 1;
  return (chunk) => {
    let largest = 0;
    for (let at = 0; at < chunk.length; ) {
      if (rest > 0) {
        const taken = Math.min(rest, chunk.length - at);
        rest -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at++] as number;
      if (part === 'type') {
        part = 'length';
        length = 0;
        factor = 1;
        continue;
      }
      length += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (byte < 0x80) {
        part = 'type';
        rest = length;
      }
      largest = Math.max(largest, length);
    }
    return largest;
  };
}
