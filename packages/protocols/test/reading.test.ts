// The wire contract of agent and bridge.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTopic, parseReading, parseTopic, type Reading, writeReading } from '../src/reading.ts';

const reading: Reading = {
  timeMs: 1_700_000_000_123,
  clock: 'unsynced',
  boot: 'b1',
  uptimeMs: 5000,
  agent: 'barn',
  stream: 's1',
  sequence: 0,
  definition: 'victron-ble',
  kind: 'solar_charger',
  model: 'SmartSolar Charger MPPT 75/15',
  intervalSeconds: 10,
  site: 'cabin',
  values: {
    battery_voltage: 13.88,
    charge_state: 'bulk',
    load_on: true,
    alarms: ['overload'],
    pv_power: null,
  },
};

test('what is written is parsed back, whole', () => {
  const { agent, stream, sequence, ...rest } = reading;
  expect(parseReading(writeReading(reading))).toEqual({ ...rest, identity: { agent, stream, sequence } });
});

test('the keys on the wire are those of the contract', () => {
  expect(JSON.parse(writeReading(reading))).toEqual({
    battery_voltage: 13.88,
    charge_state: 'bulk',
    load_on: true,
    alarms: ['overload'],
    pv_power: null,
    _timestamp: 1_700_000_000_123,
    _clock: 'unsynced',
    _boot: 'b1',
    _uptime_ms: 5000,
    _agent: 'barn',
    _stream: 's1',
    _seq: 0,
    _definition: 'victron-ble',
    _kind: 'solar_charger',
    _model: 'SmartSolar Charger MPPT 75/15',
    _interval: 10,
    _site: 'cabin',
  });
});

test('metadata that is not sound is left out, the values stay', () => {
  const message = {
    a: 1,
    _timestamp: 'now',
    _clock: 'fast',
    _kind: 'toaster',
    _interval: -1,
    _seq: 1.5,
    _agent: 'x',
  };
  expect(parseReading(JSON.stringify({ ...message, _stream: 's' }))).toEqual({ values: { a: 1 } });
});

test('metadata comes only from the message itself', () => {
  expect(parseReading('{"a":1,"__proto__":{"_timestamp":5}}')).toEqual({ values: { a: 1 } });
});

describe('what is no reading is told why', () => {
  test.each([
    ['no JSON', 'V 12.3', 'not JSON'],
    ['a number', '12.3', 'not a JSON object'],
    ['a list', '[1]', 'not a JSON object'],
    ['nothing', 'null', 'not a JSON object'],
    ['an object inside', '{"a":{"b":1}}', 'the field "a" is an object'],
    ['a list of numbers', '{"a":[1]}', 'the field "a" is a list'],
    ['a name without letters', '{"":1}', '0 characters'],
    ['a name without an end', JSON.stringify({ ['x'.repeat(129)]: 1 }), '129 characters'],
  ])('%s', (_, payload, reason) => {
    expect(parseReading(payload)).toContain(reason);
  });
});

test('any JSON gives a reading or a reason', () => {
  fc.assert(
    fc.property(fc.json(), (payload) => {
      const parsed = parseReading(payload);
      if (typeof parsed === 'string') return;
      for (const name of Object.keys(parsed.values)) expect(name.startsWith('_')).toBe(false);
    }),
  );
});

test('topics have three levels', () => {
  expect(parseTopic('victron/smartsolar/roof')).toEqual({
    vendor: 'victron',
    type: 'smartsolar',
    name: 'roof',
  });
  expect(formatTopic({ vendor: 'victron', type: 'battery', name: 'bank' })).toBe('victron/battery/bank');
  for (const topic of ['victron/roof', 'a/b/c/d', '/b/c', 'a//c', 'a/b/'])
    expect(parseTopic(topic)).toBeUndefined();
});

test('a number that JSON allows and no computer holds is named as such', () => {
  expect(parseReading('{"voltage": 1e999}')).toMatch(/"voltage" is a number beyond the range/);
});
