// What to write down for a device that was found: an entry of `devices`, ready to paste.

import { definitions } from '@wattline/protocols';

export interface Stranger {
  /** What it calls itself, or its model. */
  readonly word: string;
  readonly definition: string;
  readonly place: { readonly address: string } | { readonly port: string };
  /** The setting without which nothing is read. */
  readonly needs?: string;
  /** By a service only, which other makers use too. */
  readonly uncertain?: true;
}

const nameMax = 64;
/** Of the number that tells two of one name apart. */
const suffixMax = 4;

/** @param taken names in the configuration; no name is given twice */
export function entriesOf(strangers: readonly Stranger[], taken: Iterable<string>): string[] {
  const names = new Set(taken);
  return strangers.map((stranger) => {
    const name = freeName(stranger.word, names);
    names.add(name);
    return entryOf(name, stranger);
  });
}

function freeName(word: string, taken: ReadonlySet<string>): string {
  const allowed = word.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, nameMax);
  const first = allowed === '' ? 'device' : allowed;
  if (!taken.has(first)) return first;
  for (let number = 2; ; number++) {
    const next = `${first.slice(0, nameMax - suffixMax)}-${number}`;
    if (!taken.has(next)) return next;
  }
}

function entryOf(name: string, { definition, place, needs, uncertain }: Stranger): string {
  const where = 'address' in place ? `address: "${place.address}"` : `port: ${place.port}`;
  const lines = [`- name: ${asText(name)}`, `  definition: ${definition}`, `  ${where}`];
  if (needs !== undefined) lines.push(`  ${needs}: secret:${name}`);
  else if ('address' in place) lines.push(...loginOf(name, definition));
  if (uncertain) lines.push('  # perhaps: other makers use its Bluetooth service too');
  return lines.join('\n');
}

/** What its app may ask for, which it does not tell on the air. */
function loginOf(name: string, id: string): string[] {
  const { secret, factoryPin } = definitions.find((definition) => definition.id === id) ?? {};
  if (factoryPin !== undefined)
    return [`  pin: "${factoryPin}" # unless it was changed; then run: wattline-agent pair ${name}`];
  return secret === undefined ? [] : [`  # ${secret.setting}: secret:${name} # where its app asks for one`];
}

/** YAML takes some words for something else than text. */
const asText = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name)
    ? name
    : JSON.stringify(name);
