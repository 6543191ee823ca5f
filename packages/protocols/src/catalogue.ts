// The catalogue: what is known of a field by its name alone, from all definitions and the records of the
// replaced programs.

import { definitions } from './devices/index.ts';
import type { FieldKind, Unit } from './field.ts';
import { replacedPrograms } from './replaced/index.ts';

interface FieldDescription {
  readonly kind: FieldKind;
  readonly unit?: Unit;
  /** Reports trouble: a flag that is true, any set flag, any state but `none`. */
  readonly problem?: true;
}

const byName = new Map<string, FieldDescription>();
for (const { ask } of definitions)
  for (const { field, kind, unit } of ask?.computed ?? []) byName.set(field, { kind, unit });
for (const definition of [...definitions, replacedPrograms]) {
  for (const record of Object.values(definition.records)) {
    for (const [name, { kind, unit, problem }] of Object.entries(record.fields)) {
      byName.set(name, { kind, ...(unit ? { unit } : {}), ...(problem ? { problem } : {}) });
    }
    for (const { field, kind, unit } of record.computed ?? []) byName.set(field, { kind, unit });
  }
}

/** A name means the same in every family; `undefined`: no definition has it. */
export const describeField = (name: string): FieldDescription | undefined => byName.get(name);
