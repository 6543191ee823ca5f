// The public vocabulary as it was agreed, for the laws: the definitions must say the same in code.

import { readFileSync } from 'node:fs';

interface VocabularyField {
  readonly kind: string;
  readonly unit?: string;
  readonly problem?: true;
  readonly device_kinds: readonly string[];
  readonly states?: readonly string[];
  readonly flags?: readonly string[];
}

/** Where a value of a reference page goes: public = reference × factor + offset, or by one of the maps. */
export interface Mapping {
  readonly field?: string;
  readonly factor?: number;
  readonly map?: string;
  readonly bits?: string;
  readonly pairs?: string;
}

interface Vocabulary {
  readonly conditions: readonly string[];
  readonly fields: { readonly [field: string]: VocabularyField };
  readonly state_names: { readonly [field: string]: readonly string[] };
  readonly maps: { readonly [map: string]: { readonly [code: string]: string } };
  readonly records: {
    readonly [family: string]: { readonly [record: string]: { readonly device_kind: string } };
  };
  readonly computed: { readonly [where: string]: { readonly [field: string]: string } };
  readonly families: {
    readonly [family: string]: { readonly [record: string]: { readonly [name: string]: Mapping } };
  };
  readonly device_kinds: { readonly [kind: string]: unknown };
}

export const vocabulary: Vocabulary = JSON.parse(
  readFileSync(new URL('./vectors/vocabulary.json', import.meta.url), 'utf8'),
);

/** `cell_voltage_3` is `cell_voltage_{n}` there. */
export function vocabularyField(name: string): VocabularyField | undefined {
  return vocabulary.fields[name] ?? vocabulary.fields[name.replace(/_\d+(?=_|$)/, '_{n}')];
}

/** All words a state field may show; all names a flags field may hold. */
export function wordsOf(name: string): readonly string[] {
  const field = vocabularyField(name);
  if (['alarms', 'warnings', 'protections', 'faults'].includes(name)) return vocabulary.conditions;
  return field?.states ?? field?.flags ?? vocabulary.state_names[name] ?? [];
}
