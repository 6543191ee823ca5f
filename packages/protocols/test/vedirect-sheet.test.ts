// Every label of VE.Direct text, alone in a block, against the vendor's table of labels: what one step of a number is
// worth, and by the vocabulary where it goes. Nothing of src is used to say what is expected.

import { expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import { records } from '../src/devices/vedirect-text/record.ts';
import { formatBlock } from '../src/framing/vedirect-text.ts';
import { hexOf } from './vectors.ts';
import { type Mapping, vocabulary } from './vocabulary.ts';

/** What one step is worth in the unit the table tells to publish; the vocabulary's factor leads on from there. */
const steps: { readonly [step: string]: string } = {
  '0.001': 'V V2 V3 VS VM VPV I I2 I3 IL CE H1 H2 H3 H6 H7 H8 H15 H16',
  '0.01': 'H17 H18 H19 H20 H22 AC_OUT_V DC_IN_V',
  '0.1': 'DM SOC AC_OUT_I DC_IN_I',
  '1': 'T P PPV TTG H4 H5 H9 H10 H11 H12 H13 H14 H21 H23 HSDS AC_OUT_S DC_IN_P',
};
const stepOf = new Map(
  Object.entries(steps).flatMap(([step, labels]) => labels.split(' ').map((label) => [label, Number(step)])),
);
const hexLabels = ['OR'];
const textLabels = ['BMV', 'SER#', 'HC#'];
/** Codes of one byte, whose 255 says that the device does not know. */
const byteCodes = ['CS', 'ERR'];
/** Texts with a form of their own: the vectors show them. */
const identity = ['PID', 'FW', 'FWE'];

/** A product of each record, so that a label alone is read as of this record. */
const products: { readonly [record: string]: { readonly [label: string]: string } } = {
  battery_monitor: { PID: '0xA389' },
  dc_meter: { PID: '0xA389', MON: '1' },
  solar_charger: { PID: '0xA053' },
  inverter: { PID: '0xA231' },
  charger: { PID: '0xA330' },
  dc_converter: { PID: '0xA3F1' },
  multi_rs: { PID: '0xA441' },
};

function decode(record: string, label: string, text: string): { readonly [field: string]: unknown } {
  const block = formatBlock(Object.entries({ ...products[record], [label]: text }));
  const answer = decodeRequest({ definition: 'vedirect-text', bytes: hexOf(block) });
  expect(answer, `${label} ${text}`).toMatchObject({ record });
  return 'values' in answer ? answer.values : {};
}

type Sent = readonly (readonly [text: string, value: unknown])[];

/** What may be sent at a label, and what each means. */
function sentAt(label: string, { field, factor = 1, map, bits }: Mapping): Sent {
  const step = stepOf.get(label);
  if (step !== undefined)
    return [0, 1, -3, 12_345].map((raw) => [String(raw), Number((raw * step * factor).toFixed(4)) + 0]);
  if (bits !== undefined) return [['0', []] as const, ...setBits(label, bits)].map(asSent(label));
  if (map === 'alarm_flag') return [...onOff('alarm', 'none')];
  if (map !== undefined) return Object.entries(vocabulary.maps[map] ?? {});
  if (textLabels.includes(label)) return [['HQ2132AB', 'HQ2132AB']];
  expect(field).toMatch(/_on$/);
  return onOff(true, false);
}

const onOff = (on: unknown, off: unknown): Sent => [
  ['ON', on],
  ['On', on],
  ['OFF', off],
  ['Off', off],
];

function setBits(label: string, bits: string): Sent {
  const names = Object.entries(vocabulary.maps[bits] ?? {});
  expect(names, label).not.toEqual([]);
  return names.map(([bit, target]) => [String(2 ** Number(bit)), [target.split('.')[1]]]);
}

const asSent =
  (label: string) =>
  ([mask, names]: Sent[number]): Sent[number] => [
    hexLabels.includes(label) ? `0x${Number(mask).toString(16).toUpperCase().padStart(8, '0')}` : mask,
    names,
  ];

const fieldOf = ({ field, bits }: Mapping): string =>
  field ?? Object.values(vocabulary.maps[bits ?? ''] ?? {})[0]?.split('.')[0] ?? '';

const labels = Object.entries(vocabulary.families['vedirect-text'] ?? {}).flatMap(([record, mappings]) =>
  Object.entries(mappings)
    .filter(([label]) => !identity.includes(label))
    // A meter type of 0 makes a battery monitor of a DC meter.
    .filter(([label]) => label !== 'MON')
    .map(([label, mapping]) => ({ record, label, mapping })),
);

test.each(labels)('$record $label', ({ record, label, mapping }) => {
  const field = fieldOf(mapping);
  for (const [text, value] of sentAt(label, mapping))
    expect(decode(record, label, text)[field], `${label} ${text}`).toEqual(value);
  expect(decode(record, label, '---')[field], `${label} ---`).toBeNull();
  if (byteCodes.includes(label)) expect(decode(record, label, '255')[field]).toBeNull();
  if (label === 'TTG') expect(decode(record, label, '-1')[field]).toBeNull();
});

test('the meter type tells the record apart', () => {
  for (const [code, word] of Object.entries(vocabulary.maps['victron_meter_type'] ?? {}))
    expect(decode(code === '0' ? 'battery_monitor' : 'dc_meter', 'MON', code)['meter_type']).toBe(word);
});

test('a record has the labels that the vocabulary gives it, and no other', () => {
  const agreed = Object.entries(vocabulary.families['vedirect-text'] ?? {});
  const declared = Object.entries(records).map(([record, { fields }]) => [
    record,
    Object.values(fields)
      .flatMap(({ where }) => where.labels ?? [])
      .sort(),
  ]);
  expect(Object.fromEntries(declared)).toEqual(
    Object.fromEntries(agreed.map(([record, mappings]) => [record, Object.keys(mappings).sort()])),
  );
});
