// One page for each device definition, out of the definition: docs/devices/<id>.md, and the list of them.

import type { Codes, DeviceDefinition, Field, RecordDefinition } from '../../packages/protocols/src/index.ts';
import { definitions, describeMedium } from '../../packages/protocols/src/index.ts';
import { connectionOf } from './device-connection.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly content: string;
}

/** Holds nothing else. */
export const devicePagesFolder = 'docs/devices';
const firstLine =
  '<!-- GENERATED from packages/protocols/src/devices by `npm run generate`. Changes made here are lost. -->';

export const generateDevicePages = (): readonly GeneratedFile[] => [
  { path: `${devicePagesFolder}/README.md`, content: listPage() },
  ...definitions.map((definition) => ({
    path: `${devicePagesFolder}/${definition.id}.md`,
    content: devicePage(definition),
  })),
];

const page = (parts: readonly (string | readonly string[])[]): string =>
  `${[firstLine, ...parts.map((part) => (typeof part === 'string' ? part : part.join('\n')))].join('\n\n')}\n`;

function listPage(): string {
  const rows = definitions.map(({ id, name, media, records }) => [
    `[\`${id}\`](${id}.md)`,
    name,
    media.map(describeMedium).join('; '),
    [...new Set(Object.values(records).map(({ kind }) => code(kind)))].join(' '),
  ]);
  return page(['# Devices', table(['Definition', 'What', 'How reached', 'Device kinds'], rows)]);
}

function devicePage(definition: DeviceDefinition): string {
  const records = Object.entries(definition.records);
  return page([
    `# ${definition.name}`,
    table(
      ['', ''],
      [
        ['`definition`', code(definition.id)],
        ['Topics', code(`${definition.vendor}/<type>/<name>`)],
        ['How reached', definition.media.map(describeMedium).join('; ')],
        ['Secret', secretOf(definition)],
      ],
    ),
    ...connectionOf(definition),
    ...doubtsOf(definition),
    ...(records.length === 0 ? foundFamilies(definition) : recordsOf(definition, records)),
  ]);
}

/** Of a definition that only finds the family of a device. */
const foundFamilies = ({ media }: DeviceDefinition): readonly (string | readonly string[])[] => [
  '## Records',
  'Fields and words are those of the family that is found; readings carry its name:',
  definitions
    .filter((other) => media.some(({ medium }) => other.media.some((way) => way.medium === medium)))
    .filter((other) => Object.keys(other.records).length > 0)
    .map(({ id, name }) => `- [\`${id}\`](${id}.md): ${name}`),
];

function recordsOf(
  definition: DeviceDefinition,
  records: readonly (readonly [string, RecordDefinition<never>])[],
): readonly (string | readonly string[])[] {
  return [
    '## Records',
    table(
      ['Record', 'Devices', 'Device kind'],
      records.map(([name, { about, kind }]) => [`[\`${name}\`](#${anchorOf(name)})`, about, code(kind)]),
    ),
    '(!) reports trouble: a flag that is true, any set flag, any state but `none`. *Where*: bytes and bits of the record ' +
      'from 0, the column, or the label; *step*: what one raw unit is worth; *not known*: raw values that give `null`.',
    ...records.flatMap(([name, record]) => [
      `### ${name}`,
      Object.keys(record.fields).length === 0 ? 'Holds no values.' : recordTable(record),
    ]),
    ...computedOverRecords(definition),
    ...requestsOf(definition),
    '## Words',
    'By their code or bit; a code without a word is `unknown_<code>`, a bit without one `unknown_<bit>`.',
    wordsTable(records.map(([, record]) => record)),
  ];
}

function doubtsOf({ doubts = [] }: DeviceDefinition): readonly (string | readonly string[])[] {
  if (doubts.length === 0) return [];
  return ['## What is not certain', doubts.map((doubt) => `- ${doubt}`)];
}

const anchorOf = (heading: string): string => heading.toLowerCase();
const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);

function secretOf({ secret }: DeviceDefinition): string {
  if (secret === undefined) return 'none';
  const form = secret.hexDigits === undefined ? '' : `, ${secret.hexDigits} hex digits`;
  return `\`${secret.setting}\`${form}`;
}

const hex = (number: number, digits = 2): string =>
  `0x${number.toString(16).toUpperCase().padStart(digits, '0')}`;

function recordTable({ fields, computed = [] }: RecordDefinition<never>): readonly string[] {
  const rows = Object.entries(fields).map(([name, field]) => [
    `${code(name)}${field.problem ? ' (!)' : ''}`,
    field.kind,
    field.unit ?? '',
    field.where.text,
    stepOf(field),
    field.na.map((raw) => (raw < 0 ? String(raw) : hex(raw))).join(' '),
  ]);
  const made = computed.map(({ field, kind, unit }) => [code(field), kind, unit, 'computed', '', '']);
  return table(['Field', 'Kind', 'Unit', 'Where', 'Step', 'Not known'], [...rows, ...made]);
}

function computedOverRecords({ ask }: DeviceDefinition): readonly (string | readonly string[])[] {
  const { computed = [] } = ask ?? {};
  if (computed.length === 0) return [];
  const rows = computed.map(({ field, kind, unit }) => [code(field), kind, unit]);
  return ['### Computed over all records', table(['Field', 'Kind', 'Unit'], rows)];
}

/** Everything that may be sent; a family that only listens has none. */
function requestsOf({ ask, records, media }: DeviceDefinition): readonly (string | readonly string[])[] {
  if (ask === undefined) return [];
  const isRead = media.every(({ medium }) => medium === 'gatt-values');
  const rows = [
    ...Object.entries(records).flatMap(([name, { asked, requests = [], turn }]) => [
      ...(asked === undefined || typeof asked === 'function'
        ? []
        : [[code(hexOf(asked.request)), `asks for ${code(name)}`, turnOf(turn)]]),
      ...requests.map(({ form, does }) => [code(form), does, turnOf(turn)]),
    ]),
    ...(ask.requests ?? []).map(({ form, does }) => [code(form), does, 'login']),
  ];
  return [
    '## What is sent',
    isRead
      ? 'Nothing is ever written to the device: its characteristics are read, no others.'
      : 'Nothing else is ever written to the device; a dot is any digit. All of it reads or logs in, none changes a setting.',
    table([isRead ? 'Characteristic' : 'Bytes', 'What it does', 'When'], rows),
  ];
}

function turnOf(turn: RecordDefinition<never>['turn']): string {
  if (turn === undefined) return 'each poll';
  if (turn === 'never') return 'login, or when asked for';
  return turn === 'once' ? 'once per connection' : `every ${turn.everyMs / 1000} s at most`;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What a raw value is worth: `0.01`, `0.01 − 273.15`. */
function stepOf({ kind, scale, offset, converted }: Field<never>): string {
  if (kind !== 'gauge' && kind !== 'counter') return '';
  if (converted) return 'not even';
  const step = String(scale ?? 1).replace('-', '−');
  if (offset === undefined) return step;
  return `${step} ${offset < 0 ? '−' : '+'} ${Math.abs(offset)}`;
}

/** Every list of words once, with the fields that use it. */
function wordsTable(records: readonly RecordDefinition<never>[]): readonly string[] {
  const users = new Map<Codes, Set<string>>();
  for (const [name, { codes }] of records.flatMap(({ fields }) => Object.entries(fields))) {
    if (codes === undefined || Object.keys(codes).length === 0) continue;
    users.set(codes, (users.get(codes) ?? new Set()).add(name));
  }
  const rows = [...users].map(([codes, names]) => [
    [...names].map(code).join(' '),
    Object.entries(codes)
      .sort(([one], [other]) => Number(one) - Number(other) || one.localeCompare(other))
      .map(([raw, word]) => `${raw} ${code(word)}`)
      .join(' · '),
  ]);
  return table(['Field', 'Words'], rows);
}
