// What controllers on Modbus keep in their registers, word by word.

/** Addresses in a row and the words there; what is no whole number is rounded. */
export const wordsFrom = (address: number, words: readonly number[]): [number, number][] =>
  words.map((word, index) => [address + index, Math.round(word)]);

/** Two characters a word; of an even length. */
export const wordsOfText = (text: string): number[] =>
  Array.from({ length: text.length / 2 }, (_, index) => Buffer.from(text).readUInt16BE(2 * index));

/** High word first. */
export const doubleWord = (value: number): number[] => [Math.round(value) >>> 16, Math.round(value) & 0xffff];

/** A byte whose bit 7 is the sign. */
export const celsiusByte = (value: number): number => (value < 0 ? 0x80 : 0) | Math.round(Math.abs(value));
