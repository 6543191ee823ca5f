// Whole numbers up to 2^53 as LEB128, signed ones zigzag, texts as UTF-8 behind their length.

export interface ByteWriter {
  number(value: number): void;
  signed(value: number): void;
  text(value: string): void;
  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array;
}

export function createByteWriter(): ByteWriter {
  let bytes = Buffer.allocUnsafe(1_024);
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (length + more));
    bytes.copy(larger, 0, 0, length);
    bytes = larger;
  };
  const number = (value: number): void => {
    room(8);
    let rest = value;
    // Shifting is for 32 bits; what is above takes the slow way.
    while (rest > 0x7fff_ffff) {
      bytes[length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      bytes[length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[length++] = rest;
  };
  return {
    number,
    signed: (value) => number(value < 0 ? -2 * value - 1 : 2 * value),
    text: (value) => {
      const size = Buffer.byteLength(value);
      number(size);
      room(size);
      length += bytes.write(value, length);
    },
    take: () => {
      const taken = new Uint8Array(bytes.subarray(0, length));
      length = 0;
      return taken;
    },
  };
}

export interface ByteReader {
  number(): number;
  signed(): number;
  text(): string;
  /** Steps over numbers. */
  skip(numbers: number): void;
  skipText(): void;
  isAtEnd(): boolean;
}

/** @throws Error when the bytes end within a value. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  const number = (): number => {
    let byte = bytes[at++] ?? 0x80;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      if (at >= bytes.length) throw new Error('the bytes end within a number');
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  const take = (): Uint8Array => {
    const size = number();
    if (at + size > bytes.length) throw new Error('the bytes end within a text');
    at += size;
    return bytes.subarray(at - size, at);
  };
  return {
    number,
    signed: () => {
      const value = number();
      return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    },
    text: () => Buffer.from(take()).toString(),
    skip: (numbers) => {
      for (let left = numbers; left > 0 && at < bytes.length; at++) {
        if ((bytes[at] as number) < 0x80) left--;
      }
    },
    skipText: () => {
      take();
    },
    isAtEnd: () => at >= bytes.length,
  };
}
