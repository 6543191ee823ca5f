// Numbers, names and times as the page writes them.

import { readFileSync } from 'node:fs';
import type { Unit } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { verbOfField } from '../../page/src/device/sight.ts';
import { flowFieldOf, hueOf, labelOf, labelUnder, subjectOf } from '../../page/src/format/subject.ts';
import { timesIn } from '../../page/src/format/times.ts';
import { inline, scaleOf, showNumber, showValue } from '../../page/src/format/value.ts';
import { sameTimeInYear, startOfDay, startOfMonth } from '../../page/src/format/zone.ts';
import { en as english } from '../../page/src/words/en.ts';
import { wordsIn } from '../../page/src/words/words.ts';
import type { DeviceView, ValueView } from '../../src/web/api.ts';
import { siteDevices } from './fixture/devices.ts';
import { createSite } from './fixture/site.ts';

const sentencesOf = (language: string): { readonly [key: string]: string } =>
  JSON.parse(readFileSync(new URL(`../../page/src/words/${language}.json`, import.meta.url), 'utf8'));
const en = wordsIn({ locale: 'en-GB', language: 'en', sentences: {} });
const shown = (...value: Parameters<typeof showNumber> extends [unknown, ...infer Rest] ? Rest : never) =>
  inline(showNumber(en, ...value)).replace('\u00a0', ' ');

describe('numbers', () => {
  test('have the digits that suit their unit and size', () => {
    expect(shown(1284, 'W')).toBe('1,284 W');
    expect(shown(3.44, 'W')).toBe('3.4 W');
    expect(shown(26.9, 'V')).toBe('26.90 V');
    expect(shown(230.04, 'V')).toBe('230.0 V');
    expect(shown(3.312, 'V')).toBe('3.312 V');
    expect(shown(0.008, 'V')).toBe('8 mV');
    expect(shown(0, 'V')).toBe('0.00 V');
    expect(shown(5_800, 'Wh')).toBe('5.8 kWh');
    expect(shown(8_412_000, 'Wh')).toBe('8,412 kWh');
    expect(shown(850, 'Wh')).toBe('850 Wh');
    expect(shown(78, '%')).toBe('78 %');
    expect(shown(13_200, 's')).toBe('3 h 40 min');
  });

  test('have a real minus, and a plus only where a sign is meant', () => {
    expect(shown(-12_840, 'W', true)).toBe('−12,840 W');
    expect(shown(1284, 'W', true)).toBe('+1,284 W');
    expect(shown(0, 'W', true)).toBe('0 W');
    expect(shown(-5.5, '°C')).toBe('−5.5 °C');
  });

  test('unknown is a word, never zero or blank', () => {
    expect(showValue(en, { value: null, unit: 'W' })).toEqual({ text: 'unknown' });
    expect(showValue(en, { value: [] })).toEqual({ text: 'none' });
    expect(showValue(en, { value: 'unknown_23' })).toEqual({ text: 'Unknown 23' });
    expect(showValue(en, { value: ['battery_voltage_low', 'overload'] }).text).toBe(
      'Battery voltage low, Overload',
    );
  });

  test('an axis has the unit of its highest value', () => {
    expect(scaleOf(5_800, 'Wh')).toEqual({ divisor: 1000, unit: 'kWh' });
    expect(scaleOf(0.05, 'V').unit).toBe('mV');
    expect(scaleOf(13_200, 's')).toEqual({ divisor: 3600, unit: 'h' });
    expect(scaleOf(0, 'W')).toEqual({ divisor: 1, unit: 'W' });
  });
});

describe('ages and spans', () => {
  test('an age is in seconds below two minutes and never rounded up', () => {
    expect(en.age(119.9)).toBe('119 s');
    expect(en.age(120)).toBe('2 min');
    expect(en.age(40 * 60 + 59)).toBe('40 min');
    expect(en.age(2 * 3600 + 34 * 60)).toBe('2 h 34 min');
    expect(en.age(49 * 3600)).toBe('2 d');
    expect(en.age(-3)).toBe('0 s');
  });

  test('a span is written as it was announced', () => {
    expect([27, 60, 90, 1200, 7200].map(en.span)).toEqual(['27 s', '1 min', '90 s', '20 min', '2 h']);
  });

  test('what a language lacks is English', () => {
    const af = wordsIn({ locale: 'af-ZA', language: 'af', sentences: sentencesOf('af') });
    expect(af.say('ago', af.age(8))).toBe('8 s gelede');
    expect(af.say('export_csv')).toBe('Export CSV');
  });

  test.each(['ja', 'af'])('every sentence of %s is one of the page, with the same gaps', (language) => {
    const gapsOf = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();
    const ours: { readonly [key: string]: string } = english;
    for (const [key, sentence] of Object.entries(sentencesOf(language))) {
      expect(Object.keys(ours)).toContain(key);
      expect(gapsOf(sentence), key).toEqual(gapsOf(ours[key] ?? ''));
    }
  });
});

describe('verbs', () => {
  const reading = (field: string, value: number, unit: Unit, sign: 1 | -1): DeviceView => {
    const flow = { node: 'battery', sign } as const;
    const power: ValueView = { value: 0, kind: 'gauge', unit: 'W', time: 0, age: 0, flow };
    const values = { battery_power: power, [field]: { ...power, value, unit } };
    return { ...createSite(siteDevices, () => 0).view('d2'), values };
  };
  test('say which way, as long as the number beside them is not zero', () => {
    expect(verbOfField(reading('battery_current', 0.4, 'A', -1), 'battery_current')).toBe('charging');
    expect(verbOfField(reading('battery_current', -0.01, 'A', -1), 'battery_current')).toBe('discharging');
    expect(verbOfField(reading('battery_current', 0.004, 'A', -1), 'battery_current')).toBe('off');
    expect(verbOfField(reading('battery_power', 0.3, 'W', -1), 'battery_power')).toBe('charging');
    expect(verbOfField(reading('battery_power', 0.04, 'W', -1), 'battery_power')).toBe('off');
  });
});

describe('names of fields', () => {
  test('become words, the five abbreviations stay capital', () => {
    expect(labelOf('pv_power')).toBe('PV power');
    expect(labelOf('ac_output_voltage_phase_2')).toBe('AC output voltage phase 2');
    expect(labelUnder('battery', 'battery_voltage')).toBe('Voltage');
    expect(labelUnder('pv', 'pv_2')).toBe('PV 2');
    expect(subjectOf('ac_output_power')).toBe('ac_output');
    expect(hueOf('pv_voltage')).toBe('sun');
  });

  test('a current flows the way its power does; a voltage has no way', () => {
    expect(flowFieldOf('battery_current')).toBe('battery_power');
    expect(flowFieldOf('battery_power')).toBe('battery_power');
    expect(flowFieldOf('battery_voltage')).toBeUndefined();
    expect(flowFieldOf('battery_current_limit')).toBeUndefined();
  });
});

describe('local time', () => {
  const zone = 'Europe/Rome';
  const utc = (text: string) => Date.parse(`${text}Z`);

  test('days begin at the midnight of the site, also when the clocks change', () => {
    expect(startOfDay(utc('2026-06-09T12:00'), zone)).toBe(utc('2026-06-08T22:00'));
    const spring = startOfDay(utc('2026-03-29T12:00'), zone);
    expect(startOfDay(spring, zone, 1) - spring).toBe(23 * 3600_000);
    const autumn = startOfDay(utc('2026-10-25T12:00'), zone);
    expect(startOfDay(autumn, zone, 1) - autumn).toBe(25 * 3600_000);
    expect(startOfMonth(utc('2026-12-09T12:00'), zone, 1)).toBe(utc('2026-12-31T23:00'));
  });

  test('a year earlier is the same local time; 29 February becomes the 28th', () => {
    expect(sameTimeInYear(utc('2024-02-29T11:00'), zone, -1)).toBe(utc('2023-02-28T11:00'));
    // On 27 March 2026 the clocks had not changed yet, on 27 March 2022 at noon they had.
    expect(sameTimeInYear(utc('2026-03-27T11:00'), zone, -4)).toBe(utc('2022-03-27T10:00'));
    expect(sameTimeInYear(utc('2026-06-09T12:26'), zone, -10)).toBe(utc('2016-06-09T12:26'));
  });

  test('a moment of today is a clock time, of another day has its date', () => {
    const times = timesIn('en-GB', zone);
    const now = utc('2026-06-09T12:26');
    expect(times.moment(utc('2026-06-09T09:52'), now)).toBe('11:52');
    expect(times.moment(utc('2026-06-08T17:40'), now)).toBe('8 Jun, 19:40');
    expect(times.moment(utc('2023-03-14T08:00'), now)).toBe('14 Mar 2023, 09:00');
  });
});
