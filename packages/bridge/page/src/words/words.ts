// What the page says: sentences by key, numbers and spans of time in the reader's language.

import { en, type Key } from './en.ts';
import type { Spoken } from './languages.ts';

export type { Key } from './en.ts';

export type Fill = { readonly [name: string]: string | number };

export interface Words {
  readonly language: string;
  /** Of numbers and dates. */
  readonly locale: string;
  readonly say: (key: Key, fill?: Fill | string | number) => string;
  /** With a real minus sign; `signed` also writes the plus of a number above zero. */
  readonly number: (value: number, digits: Digits, signed?: boolean) => string;
  /** An age: seconds below two minutes, then coarser, never rounded up. */
  readonly age: (seconds: number) => string;
  /** A length of time as announced or as a device counts it: 27 s, 20 min, 3 h 40 min. */
  readonly span: (seconds: number) => string;
}

export interface Digits {
  readonly least: number;
  readonly most: number;
}

export const whole: Digits = { least: 0, most: 0 };

export function wordsIn({ locale, language, sentences }: Spoken): Words {
  const formats = new Map<string, Intl.NumberFormat>();

  const number = (value: number, { least, most }: Digits, signed = false): string => {
    const key = `${least} ${most} ${signed}`;
    let format = formats.get(key);
    if (format === undefined) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: least,
        maximumFractionDigits: most,
        signDisplay: signed ? 'exceptZero' : 'negative',
      });
      formats.set(key, format);
    }
    return format.format(value).replace('-', '−');
  };
  const say = (key: Key, fill?: Fill | string | number): string =>
    filled(sentences[key] ?? en[key], typeof fill === 'object' ? fill : { x: fill ?? '' });
  const count = (value: number): string => number(Math.floor(value), whole);

  const coarse = (seconds: number): string => {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return say('min', count(minutes));
    const hours = Math.floor(minutes / 60);
    if (hours >= 17_520) return say('y', count(hours / 8_760));
    if (hours >= 48) return say('d', count(hours / 24));
    return minutes % 60 === 0 ? say('h', hours) : say('hm', { h: hours, m: minutes % 60 });
  };
  const age = (seconds: number): string =>
    seconds < 120 ? say('s', count(Math.max(0, seconds))) : coarse(seconds);
  const span = (seconds: number): string =>
    seconds < 60 || (seconds < 120 && seconds % 60 !== 0)
      ? say('s', number(seconds, { least: 0, most: 1 }))
      : coarse(seconds);

  return { language, locale, say, number, age, span };
}

const filled = (sentence: string, fill: Fill): string =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''));
