// H4: the packets of a Bluetooth controller on a byte stream, each with its type in front.
// 02 ACL data: handle, u16le length · 03 SCO data: handle, u8 length · 04 event: code, u8 length · 05 ISO data: as ACL.
// Bluetooth Core Specification, Vol 4 Part A, 2.

/** Longest event or ACL packet a controller sends, with room. */
const packetBytesMax = 8192;

interface H4Framing {
  /** Hands over every packet that is whole by now. `false`: these are no H4 packets, the stream is out of step. */
  push(chunk: Uint8Array): boolean;
}

export function createH4Framing(packet: (bytes: Buffer) => void): H4Framing {
  let received: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      received = received.length === 0 ? Buffer.from(chunk) : Buffer.concat([received, chunk]);
      for (;;) {
        const length = packetLength(received);
        if (length === undefined) return true;
        if (Number.isNaN(length) || length > packetBytesMax) return false;
        if (received.length < length) return true;
        packet(received.subarray(0, length));
        received = received.subarray(length);
      }
    },
  };
}

/** `undefined`: the header is not whole yet. NaN: no packet begins like this. */
function packetLength(bytes: Buffer): number | undefined {
  switch (bytes[0]) {
    case undefined:
      return undefined;
    case 0x02:
      return bytes.length < 5 ? undefined : 5 + bytes.readUInt16LE(3);
    case 0x03:
      return bytes.length < 4 ? undefined : 4 + bytes.readUInt8(3);
    case 0x04:
      return bytes.length < 3 ? undefined : 3 + bytes.readUInt8(2);
    case 0x05:
      return bytes.length < 5 ? undefined : 5 + (bytes.readUInt16LE(3) & 0x3fff);
    default:
      return Number.NaN;
  }
}
