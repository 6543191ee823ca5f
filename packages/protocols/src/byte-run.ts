// Numbers in a row of bytes, or in some bits of them.

/** A number in a row of bytes. */
export interface ByteRun {
  readonly first: number;
  readonly count: number;
  readonly highFirst: boolean;
  /** Bytes that the payload must have. */
  readonly reach: number;
  /** Bits below the number in its bytes, and its own; absent where it is all of them. */
  readonly part: BitPart | undefined;
}

interface BitPart {
  readonly shift: number;
  readonly width: number;
}

/** All of them are made here: objects of one form are read more quickly than of several. */
export const byteRun = (
  first: number,
  count: number,
  {
    highFirst,
    reach = first + count,
    part,
  }: { highFirst: boolean; reach?: number; part?: BitPart | undefined },
): ByteRun => ({ first, count, highFirst, reach, part });

/** `undefined`: the payload ends before. */
export function readBytes(run: ByteRun, payload: Uint8Array, base = 0): number | undefined {
  const { count, highFirst, part } = run;
  if (base + run.reach > payload.length) return undefined;
  const from = base + run.first;
  let raw = payload[from] as number;
  // The most frequent by far.
  if (count === 2)
    raw = highFirst ? raw * 256 + (payload[from + 1] as number) : raw + (payload[from + 1] as number) * 256;
  else if (count > 2) raw = manyBytes(payload, from, run);
  if (part === undefined) return raw;
  if (count < 4) return (raw >> part.shift) & (2 ** part.width - 1);
  return Math.floor(raw / 2 ** part.shift) % 2 ** part.width;
}

function manyBytes(payload: Uint8Array, from: number, { count, highFirst }: ByteRun): number {
  let raw = 0;
  // Not with `<<`: a run may touch five bytes, and bit 31 must not turn the number negative.
  if (highFirst) for (let at = from; at < from + count; at++) raw = raw * 256 + (payload[at] as number);
  else for (let at = from + count - 1; at >= from; at--) raw = raw * 256 + (payload[at] as number);
  return raw;
}
