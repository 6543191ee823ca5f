// Languages besides English: what they promise to say, they say, and with the same blanks to fill in.

import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { en, type Key } from '../../page/src/words/en.ts';

const source = new URL('../../page/src/', import.meta.url);
const keys = Object.keys(en) as Key[];
const languages = ['ja', 'af'] as const;

const sentencesOf = async (language: string): Promise<{ readonly [key: string]: string }> =>
  JSON.parse(await readFile(new URL(`words/${language}.json`, source), 'utf8'));

/** Keys that the files of a folder name, whole or by their beginning. */
async function keysIn(folder: string): Promise<readonly Key[]> {
  const files = await readdir(new URL(folder, source));
  const texts = await Promise.all(files.map((file) => readFile(new URL(folder + file, source), 'utf8')));
  const code = texts.join('\n');
  const beginnings = [...code.matchAll(/`(\w+_)\$\{/g)].map(([, beginning = '']) => beginning);
  const isNamed = (key: Key): boolean => code.includes(`'${key}'`) || code.includes(`"${key}"`);
  return keys.filter((key) => isNamed(key) || beginnings.some((beginning) => key.startsWith(beginning)));
}

describe.each(languages)('%s', (language) => {
  test('says only what English says, with its blanks', async () => {
    const blanks = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort();
    const sentences = await sentencesOf(language);
    for (const [key, sentence] of Object.entries(sentences)) {
      expect(keys).toContain(key);
      expect(blanks(sentence), key).toEqual(blanks(en[key as Key]));
    }
  });
});

test.each(['system/', 'sign-in/', 'flow/', 'charge/', 'today/', 'attention/'])(
  'Japanese has every word of %s',
  async (folder) => {
    const named = await keysIn(folder);
    expect(named.length).toBeGreaterThan(3);
    const sentences = await sentencesOf('ja');
    expect(named.filter((key) => sentences[key] === undefined)).toEqual([]);
  },
);

test('Afrikaans has every word of signing in', async () => {
  const sentences = await sentencesOf('af');
  expect((await keysIn('sign-in/')).filter((key) => sentences[key] === undefined)).toEqual([]);
});
