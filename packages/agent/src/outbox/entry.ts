// A reading on its way through the outbox, and its two forms in a file:
//   entry  ["stream", sequence, timeMs, synced, "topic"] newline payload
//   range  ["stream", from, to]

/** What is needed to publish a reading, to recognise it and to judge its age, without looking into the payload. */
export interface Entry {
  readonly stream: string;
  readonly sequence: number;
  readonly topic: string;
  readonly payload: string;
  /** Time of measuring, ms since 1970. */
  readonly timeMs: number;
  /** Whether that time is to be believed. */
  readonly synced: boolean;
}

/** Sequences of one stream, both ends included. */
export interface SequenceRange {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

export const identityOf = ({ stream, sequence }: { stream: string; sequence: number }): string =>
  `${stream} ${sequence}`;

export const writeEntry = ({ stream, sequence, timeMs, synced, topic, payload }: Entry): string =>
  `${JSON.stringify([stream, sequence, timeMs, synced, topic])}\n${payload}`;

/** undefined: a sound frame of another kind or version. */
export function readEntry(body: string): Entry | undefined {
  const headEnd = body.indexOf('\n');
  const head = headEnd < 0 ? undefined : parseList(body.slice(0, headEnd));
  if (head === undefined) return undefined;
  const [stream, sequence, timeMs, synced, topic] = head;
  if (typeof stream !== 'string' || typeof topic !== 'string' || typeof synced !== 'boolean')
    return undefined;
  if (!isCount(sequence) || typeof timeMs !== 'number') return undefined;
  return { stream, sequence, topic, payload: body.slice(headEnd + 1), timeMs, synced };
}

export const writeRange = ({ stream, from, to }: SequenceRange): string => JSON.stringify([stream, from, to]);

/** undefined: a sound frame of another kind or version. */
export function readRange(body: string): SequenceRange | undefined {
  const [stream, from, to] = parseList(body) ?? [];
  if (typeof stream !== 'string' || !isCount(from) || !isCount(to) || from > to) return undefined;
  return { stream, from, to };
}

/** undefined: no JSON list. */
export function parseList(text: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
