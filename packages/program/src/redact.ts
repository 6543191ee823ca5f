// Keeps known secrets out of every line that is written, in whatever spelling they turn up.

import { hiddenText } from './settings/secret.ts';

export interface Redactor {
  /** From now on this text never appears. */
  hide(secret: string): void;
  clean(text: string): string;
}

/** Shorter ones are hidden only as words of their own, or every line would be full of holes. */
const anywhereLengthMin = 6;

export function createRedactor(secrets: readonly string[] = []): Redactor {
  const known = new Set<string>();
  let pattern: RegExp | undefined;
  const hide = (secret: string): void => {
    for (const spelling of spellings(secret)) if (spelling !== '') known.add(spelling);
    // The longest first, or a secret that contains another would be hidden in part.
    const longestFirst = [...known].toSorted((a, b) => b.length - a.length);
    pattern = longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(toPattern).join('|'), 'gi');
  };
  for (const secret of secrets) hide(secret);
  return { hide, clean: (text) => (pattern === undefined ? text : text.replace(pattern, hiddenText)) };
}

/** As it is, as JSON and a URL write it, and as the bytes of a frame. */
const spellings = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64'),
];

function toPattern(spelling: string): string {
  const escaped = spelling.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return spelling.length >= anywhereLengthMin ? escaped : `(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`;
}
