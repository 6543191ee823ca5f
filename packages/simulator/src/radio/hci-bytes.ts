// Numbers, addresses and UUIDs as Bluetooth writes them: little-endian throughout.

/** 16-bit words one after another; each is cut to its low 16 bits. */
export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt16LE(value & 0xffff, 2 * index);
  });
  return bytes;
}

export const u8 = (...values: number[]): Buffer => Buffer.from(values.map((value) => value & 0xff));

export const addressBytes = (address: string): Buffer =>
  Buffer.from(address.replaceAll(':', ''), 'hex').reverse();

export const addressText = (bytes: Uint8Array): string =>
  [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');

export const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex').reverse();

/** A 16-bit UUID and its 128-bit form on the Bluetooth base UUID are the same. */
export const sameUuid = (a: Buffer, b: Buffer): boolean => widen(a).equals(widen(b));

const baseUuid = Buffer.from('fb349b5f800000800010000000000000', 'hex');

function widen(uuid: Buffer): Buffer {
  if (uuid.length !== 2) return uuid;
  const wide = Buffer.from(baseUuid);
  uuid.copy(wide, 12);
  return wide;
}
