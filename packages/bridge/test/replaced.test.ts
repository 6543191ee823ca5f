// The replaced programs' messages through the log: what is stored, what is only known, and that reading them again
// gives the same.

import { DatabaseSync } from 'node:sqlite';
import { parseReading } from '@wattline/protocols';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replacedMessages as examples } from '../../protocols/test/replaced/messages.ts';
import { createLocalTime } from '../src/ingest/local-time.ts';
import { createTranslator, isForeign } from '../src/ingest/replaced.ts';
import { defaultTopics, matchesTopic } from '../src/ingest/topics.ts';
import { readRaw } from '../src/log/raw.ts';
import { joinLogSeries } from '../src/log/series-join.ts';
import type { SeriesKey, StoredReading } from '../src/message.ts';
import { readingPoints } from '../src/sinks/point.ts';
import { storeFile } from '../src/store.ts';
import { messageOf, replacedPrograms } from './replaced-messages.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog({ replacedPrograms });
});
afterEach(() => scratch.remove());

const appendAll = () => scratch.log.append(examples.map(messageOf));

describe('every example', () => {
  test('is stored as our point, known as a state, or kept as last known; and the accounts add up', () => {
    const seen: StoredReading[] = [];
    scratch.log.onStored((readings) => seen.push(...readings));
    const verdicts = appendAll();
    let stored = 0;
    for (const [index, { ours, retained_on_delivery, topic }] of examples.entries()) {
      if (ours === null) {
        expect(verdicts[index], topic).toMatchObject(
          retained_on_delivery ? { is: 'aside', reason: 'retained_without_time' } : { is: 'state' },
        );
        expect(scratch.log.lastKnown(topic)?.topic).toBe(topic);
        continue;
      }
      expect(verdicts[index], topic).toEqual({ is: 'stored' });
      const found = seen[stored++];
      if (found === undefined) throw new Error('a reading is missing');
      const { vendor, type, device } = ours.tags;
      const name = device === '<given by the rule>' ? 'axpert-north' : device;
      expect(found.series).toEqual({ topic: `${vendor}/${type}/${name}`, agent: '' });
      expect(found.timeMs).toBe(ours.time_ms === 'arrival' ? noon + index : ours.time_ms);
      expect(found).toMatchObject({ kind: ours.measurement, definition: 'legacy-mqtt' });
      for (const [field, value] of Object.entries(ours.fields)) {
        if (typeof value === 'number') expect(found.values[field], field).toBeCloseTo(value, 9);
        else expect(found.values[field], field).toEqual(value);
      }
      const [point] = readingPoints(found);
      expect(point).toMatchObject({ measurement: ours.measurement, tags: { vendor, type, device: name } });
      expect(point?.tags).not.toHaveProperty('agent');
    }
    expect(stored).toBe(seen.length);
    expect(sumOfVerdicts(scratch)).toBe(examples.length);
  });

  test('means the same when it is read again, without the configuration, after a restart, and by another thread', () => {
    const seen: StoredReading[] = [];
    scratch.log.onStored((readings) => seen.push(...readings));
    appendAll();
    scratch.restart({
      replacedPrograms: { victronDevices: new Map(), qpigsTopics: new Map(), timeZone: 'UTC' },
    });
    expect(scratch.log.read(0, 1000)).toEqual(seen);
    const newest = new Map<string, StoredReading>();
    for (const one of seen) {
      const before = newest.get(one.series.topic);
      if (before === undefined || one.timeMs >= before.timeMs) newest.set(one.series.topic, one);
    }
    const summaries = scratch.log.series();
    expect(new Map(summaries.map(({ key, newest: last }) => [key.topic, last]))).toEqual(newest);
    const reader = new DatabaseSync(storeFile(scratch.path), { readOnly: true });
    const raw = summaries.flatMap(({ id }) => [
      ...readRaw(reader, { series: id, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }),
    ]);
    reader.close();
    expect(raw.toSorted((a, b) => a.position - b.position)).toEqual(seen);
  });

  test('outlives another name of its series', () => {
    const seen: StoredReading[] = [];
    scratch.log.onStored((readings) => seen.push(...readings));
    appendAll();
    const renamed = ({ topic, agent }: SeriesKey): SeriesKey => ({
      topic: topic.replace(/[^/]+$/, 'other-$&'),
      agent,
    });
    for (const { key } of scratch.log.series()) {
      scratch.store.transaction(() => joinLogSeries(scratch.store.database, key, renamed(key)));
    }
    scratch.restart();
    expect(scratch.log.read(0, 1000)).toEqual(seen.map((one) => ({ ...one, series: renamed(one.series) })));
    expect(scratch.log.series().map(({ newest }) => newest.kind)).not.toContain('other');
    expect(scratch.log.series()).toHaveLength(new Set(seen.map(({ series }) => series.topic)).size);
  });

  test('is on the default topics, but the one that its owner names', () => {
    const missed = examples
      .filter(({ topic }) => !defaultTopics.some((filter) => matchesTopic(filter, topic)))
      .map(({ topic }) => topic);
    expect(missed).toEqual(['son-yskasteTV/inverter', 'bluetti/command/AC300-1234567890123/ac_output_on']);
  });

  test('a message that comes twice with its time is stored once', () => {
    const [first] = examples;
    if (first === undefined) throw new Error('no example');
    const twice = [messageOf(first, 0), messageOf(first, 60_000)];
    expect(scratch.log.append(twice)).toEqual([{ is: 'stored' }, { is: 'duplicate' }]);
  });
});

describe('settings of an Axpert', () => {
  const settings = examples.find(({ topic }) => topic === 'power/axpert_settings');
  const unit = examples.find(({ topic }) => topic === 'power/axpert');
  if (settings === undefined || unit === undefined) throw new Error('no example');

  test('wait for the inverter’s name, which outlives a restart while there is one inverter', () => {
    expect(scratch.log.append([messageOf(settings, 0)])).toMatchObject([
      { is: 'aside', reason: 'unknown_shape' },
    ]);
    scratch.log.append([messageOf(unit, 1)]);
    scratch.restart();
    expect(scratch.log.append([messageOf(settings, 2)])).toEqual([{ is: 'stored' }]);
    scratch.log.append([
      message('power/axpert', '{"SerialNumber": 7,"BatteryVoltage": 51.8}', { receivedMs: noon + 3 }),
    ]);
    scratch.restart();
    expect(scratch.log.append([messageOf(settings, 4)])).toMatchObject([
      { is: 'aside', reason: 'unknown_shape' },
    ]);
  });
});

test('a device that is no solar charger is stored, counted and said once', () => {
  const [first] = examples;
  const twice = [1, 2].map((n) =>
    message('victron/smartshunt/HQ1', String(first?.text).replace('1697191200000', String(noon + n))),
  );
  expect(scratch.log.append(twice)).toEqual([{ is: 'stored' }, { is: 'stored' }]);
  expect(scratch.log.accounts().bounds).toEqual({ doubted: 2 });
  expect(scratch.reports).toEqual([
    expect.stringContaining('victron/smartshunt/HQ1: the values may be wrong'),
  ]);
});

test('a message of ours is never offered to the rules', () => {
  expect(isForeign(parseReading(Buffer.from(reading(0).payload).toString()))).toBe(false);
  const { translate } = createTranslator(replacedPrograms);
  expect(translate('power/meter', Buffer.from('{"a":1}'), '{"a":1}')).toBeUndefined();
});

describe('a time on the wall', () => {
  const berlin = createLocalTime('Europe/Berlin');
  test.each([
    ['2023-04-15 12:00:35', '2023-04-15T10:00:35Z'],
    ['2023-01-15 12:00:35', '2023-01-15T11:00:35Z'],
    ['2023-03-26 01:59:59', '2023-03-26T00:59:59Z'],
    ['2023-03-26 03:00:00', '2023-03-26T01:00:00Z'],
    // Twice that night; the later one.
    ['2023-10-29 02:30:00', '2023-10-29T01:30:00Z'],
  ])('%s in Berlin is %s', (written, utc) => {
    expect(berlin(written)).toBe(Date.parse(utc));
  });

  test.each(['2023-03-26 02:30:00', '2023-02-30 12:00:00', '15.04.2023', ''])('%s is none', (written) => {
    expect(berlin(written)).toBeUndefined();
  });
});
