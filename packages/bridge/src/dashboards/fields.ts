// What the devices of a kind may send, from the definitions: panels are drawn of it.

import {
  type DeviceKind,
  definitions,
  deviceKinds,
  type FieldKind,
  replacedPrograms,
  type Unit,
} from '@wattline/protocols';

export interface FieldOfKind {
  readonly name: string;
  readonly kind: FieldKind;
  readonly unit?: Unit;
  readonly problem?: true;
}

/** Fields by device kind, each once, in the order of the definitions. */
export function fieldsByKind(): ReadonlyMap<DeviceKind, readonly FieldOfKind[]> {
  const found = new Map<DeviceKind, Map<string, FieldOfKind>>();
  const add = (device: DeviceKind, field: FieldOfKind): void => {
    const fields = found.get(device) ?? new Map<string, FieldOfKind>();
    if (!fields.has(field.name)) fields.set(field.name, field);
    found.set(device, fields);
  };
  for (const { records, ...definition } of [...definitions, replacedPrograms]) {
    const ask = 'ask' in definition ? definition.ask : undefined;
    for (const record of Object.values(records)) {
      for (const [name, { kind, unit, problem }] of Object.entries(record.fields))
        add(record.kind, { name, kind, ...(unit ? { unit } : {}), ...(problem ? { problem } : {}) });
      for (const { field, kind, unit } of [...(record.computed ?? []), ...(ask?.computed ?? [])])
        add(record.kind, { name: field, kind, unit });
    }
  }
  return new Map(Array.from(found, ([device, fields]) => [device, [...fields.values()]]));
}

/** Kinds whose devices may send a field. */
export const kindsWith = (field: string): readonly DeviceKind[] =>
  [...fieldsByKind()].flatMap(([device, fields]) =>
    fields.some(({ name }) => name === field) ? [device] : [],
  );

interface FlowOfKinds {
  readonly field: string;
  readonly sign: 1 | -1;
  readonly kinds: readonly DeviceKind[];
}

/** What flows at a node of the site: supply is positive, use negative. */
export function flowsAt(node: string): readonly FlowOfKinds[] {
  const flows: { field: string; sign: 1 | -1; kinds: DeviceKind[] }[] = [];
  for (const [kind, { flows: ofKind }] of Object.entries(deviceKinds) as [
    DeviceKind,
    (typeof deviceKinds)[DeviceKind],
  ][]) {
    for (const { field, sign } of ofKind.filter((flow) => flow.node === node)) {
      // What no definition of the kind sends yet is not asked for.
      if (!kindsWith(field).includes(kind)) continue;
      const known = flows.find((flow) => flow.field === field && flow.sign === sign);
      if (known === undefined) flows.push({ field, sign, kinds: [kind] });
      else known.kinds.push(kind);
    }
  }
  return flows;
}
