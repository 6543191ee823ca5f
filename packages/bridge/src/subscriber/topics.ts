// Topics of a connection. Devices publish on the same ones for ever: of bytes that came before the same text is given
// again, whose hash is known wherever it is looked up.

export interface Topics {
  /** The text of UTF-8 from `start` up to `end`. */
  read(bytes: Buffer, start: number, end: number): string;
}

/** Topics that share a place push each other out. */
const places = 4_096;
/** Longer ones are not kept. */
const bytesMax = 128;

interface Kept {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export function createTopics(): Topics {
  const kept: (Kept | undefined)[] = new Array(places).fill(undefined);
  return {
    read: (bytes, start, end) => {
      if (end - start > bytesMax) return bytes.toString('utf8', start, end);
      const place = placeOf(bytes, start, end);
      const before = kept[place];
      if (before !== undefined && isSame(before.bytes, bytes, start, end)) return before.text;
      const text = bytes.toString('utf8', start, end);
      kept[place] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), text };
      return text;
    },
  };
}

/** FNV-1a. */
function placeOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 16)) & (places - 1);
}

function isSame(kept: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (kept.length !== end - start) return false;
  for (let index = 0; index < kept.length; index++) if (kept[index] !== bytes[start + index]) return false;
  return true;
}
