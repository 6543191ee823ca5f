// `devices`: the catalogue of what this release can read, straight from the definitions.

import type { Terminal } from '@wattline/program';
import { type DeviceDefinition, definitions, describeMedium } from '@wattline/protocols';

export function listDevices(terminal: Terminal, json: boolean): void {
  if (json) {
    terminal.printJson(definitions.map(describeDefinition));
    return;
  }
  for (const definition of definitions) {
    terminal.printLine(
      `${definition.id}: ${definition.name} (${definition.media.map(describeMedium).join(', ')})`,
    );
    for (const [record, { kind, about, fields, computed = [] }] of Object.entries(definition.records)) {
      terminal.printLine(`  ${record} (${kind}): ${about}`);
      const names = [
        ...Object.entries(fields).map(([name, { unit }]) =>
          unit === undefined ? name : `${name} [${unit}]`,
        ),
        ...computed.map(({ field, unit }) => `${field} [${unit}]`),
      ];
      terminal.printLine(`    ${names.join(', ')}`);
    }
  }
}

function describeDefinition({ id, name, vendor, media, secret, records }: DeviceDefinition) {
  return {
    definition: id,
    name,
    vendor,
    media,
    ...(secret === undefined ? {} : { secret: secret.setting }),
    records: Object.entries(records).map(([record, { kind, about, fields, computed = [] }]) => ({
      record,
      kind,
      about,
      fields: [
        ...Object.entries(fields).map(([field, { kind: fieldKind, unit, codes }]) => ({
          field,
          kind: fieldKind,
          ...(unit === undefined ? {} : { unit }),
          ...(codes === undefined ? {} : { words: [...new Set(Object.values(codes))] }),
        })),
        ...computed.map(({ field, kind: fieldKind, unit }) => ({ field, kind: fieldKind, unit })),
      ],
    })),
  };
}
