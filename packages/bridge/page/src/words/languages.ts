// Languages besides English, each in a file of its own that only its readers fetch. Japanese is complete for the
// overview, the system and signing in, Afrikaans is begun.

import afFile from './af.json?url';
import type { Sentences } from './en.ts';
import jaFile from './ja.json?url';

const files: { readonly [language: string]: string } = { af: afFile, ja: jaFile };

const baseOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? '';

export interface Spoken {
  /** Of numbers and dates. */
  readonly locale: string;
  readonly language: string;
  /** What is missing is said in English. */
  readonly sentences: Sentences;
}

/** The first language asked for that the page knows; `asked` in the reader's order. */
export async function speak(asked: readonly string[]): Promise<Spoken> {
  const locale = asked.find((tag) => baseOf(tag) === 'en' || baseOf(tag) in files) ?? 'en';
  const language = baseOf(locale);
  const file = files[language];
  return { locale, language, sentences: file === undefined ? {} : await sentencesOf(file) };
}

/** A language that cannot be fetched costs its words, not the page. */
async function sentencesOf(file: string): Promise<Sentences> {
  const answer = await fetch(file).catch(() => undefined);
  return answer?.ok ? answer.json() : {};
}
