// Checksums of links. Check values ("123456789") are those of the catalogue of parametrised CRC algorithms.

/** What a byte does to a CRC, for each byte. */
const tableOf = (step: (byte: number) => number): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, byte) => step(byte));

const modbus = tableOf((byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

const xmodem = tableOf((byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** CRC-16/MODBUS: polynomial 8005 reflected, start FFFF; sent low byte first. */
export function crcModbus(bytes: Uint8Array, end = bytes.length): number {
  let crc = 0xffff;
  for (let index = 0; index < end; index++)
    crc = (crc >> 8) ^ (modbus[(crc ^ (bytes[index] as number)) & 0xff] as number);
  return crc;
}

/** CRC-16/XMODEM: polynomial 1021, start 0; sent high byte first. */
export function crcXmodem(bytes: Uint8Array, end = bytes.length): number {
  let crc = 0;
  for (let index = 0; index < end; index++)
    crc = ((crc << 8) & 0xffff) ^ (xmodem[(crc >> 8) ^ (bytes[index] as number)] as number);
  return crc;
}

/** Sum of all bytes, its low byte. */
export const sum8 = (bytes: Uint8Array): number => sumOf(bytes) & 0xff;

/** Sum of all bytes, its low two bytes. */
export const sum16 = (bytes: Uint8Array, from = 0, end = bytes.length): number =>
  sumOf(bytes, from, end) & 0xffff;

function sumOf(bytes: Uint8Array, from = 0, end = bytes.length): number {
  let sum = 0;
  for (let index = from; index < end; index++) sum += bytes[index] as number;
  return sum;
}
