import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge as judgeWith, kindOf } from '../src/ingest/ingest.ts';
import { createTranslator, noReplacedPrograms } from '../src/ingest/replaced.ts';
import { defaultTopics, matchesTopic } from '../src/ingest/topics.ts';
import type { Message } from '../src/message.ts';
import { message, noon, reading } from './scratch-log.ts';

const translator = createTranslator(noReplacedPrograms);
const judge = (one: Message) => judgeWith(one, translator);

const reasonOf = (topic: string, content: unknown) => {
  const judged = judge(message(topic, content));
  return judged.is === 'aside' ? judged.reason : judged.is;
};

describe('judging', () => {
  test('flat JSON of any program is a reading', () => {
    expect(reasonOf('victron/a/b', { pv_power: 1, mode: 'on', ok: true, alarms: ['x'], none: null })).toBe(
      'reading',
    );
    expect(reasonOf('somebody/else', '{"a":1}')).toBe('reading');
    expect(reasonOf('victron/ünïcode/屋根', '{"a":1}')).toBe('reading');
  });

  test('the device kind is what the message says, else of its definition where that has but one, else other', () => {
    const kind = (meta: object) => {
      const judged = judge(message('victron/a/b', { a: 1, ...meta }));
      return judged.is === 'reading' ? kindOf(judged.parsed) : judged.is;
    };
    expect(kind({ _kind: 'battery', _definition: 'x' })).toBe('battery');
    expect(kind({ _kind: 'spaceship' })).toBe('other');
    // Its records are of many kinds.
    expect(kind({ _definition: 'victron-ble' })).toBe('other');
  });

  test.each([
    ['a wildcard', 'victron/#'],
    ['a wildcard of one level', 'victron/+/b'],
    ['NUL', 'victron/a\0/b'],
    ['a control character', 'victron/a\n/b'],
    ['65 kB', `victron/${'x'.repeat(65_000)}`],
    ['nothing', ''],
    ['wrong UTF-8', 'victron/\ufffd/b'],
    ['another name of ours', 'wattline/agent/barn/else'],
    ['no agent', 'wattline/agent//state'],
  ])('a topic with %s is set aside', (_, topic) => {
    expect(reasonOf(topic, '{"a":1}')).toBe('unknown_shape');
  });

  test.each([
    ['nothing', '', 'not_json'],
    ['half a message', '{"a":1', 'not_json'],
    ['a number', '5', 'not_flat'],
    ['null', 'null', 'not_flat'],
    ['a number out of range', '{"a":1e999}', 'not_flat'],
    ['lists within lists', '['.repeat(100_000), 'not_json'],
    ['objects within objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'not_flat'],
    [
      'a list of a hundred thousand',
      JSON.stringify({ a: Array.from({ length: 100_000 }, () => 1) }),
      'not_flat',
    ],
    [
      'two thousand fields',
      Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, i])),
      'unknown_shape',
    ],
    ['a long field name', { ['x'.repeat(200)]: 1 }, 'unknown_shape'],
    ['no values', { _timestamp: 5 }, 'unknown_shape'],
    ['a time before 1970', { a: 1, _timestamp: -5 }, 'unknown_shape'],
    ['a time beyond all stores', { a: 1, _timestamp: 1e300 }, 'far_future'],
    ['300 kB', `{"a":"${'x'.repeat(300_000)}"}`, 'too_big'],
  ])('a payload of %s is set aside', (_, payload, reason) => {
    expect(reasonOf('victron/a/b', payload)).toBe(reason);
  });

  test('names of JavaScript in a message are names of fields and change nothing', () => {
    const judged = judge(message('victron/a/b', '{"__proto__":{"x":1},"constructor":2,"toString":3,"a":1}'));
    if (judged.is !== 'reading') throw new Error(JSON.stringify(judged));
    expect(Object.entries(judged.parsed.values)).toEqual([
      ['constructor', 2],
      ['toString', 3],
      ['a', 1],
    ]);
  });

  test('any bytes on any topic get a verdict and never an error', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.uint8Array({ maxLength: 500 }),
        (topic, payload) => {
          judge({ topic, payload, receivedMs: noon, retained: false });
          judge({ topic: 'victron/a/b', payload, receivedMs: noon, retained: true });
          judge({ topic: 'wattline/agent/barn/state', payload, receivedMs: noon, retained: true });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('any JSON in an agent state gives a state that is sound, or a reason', () => {
    const part = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.record({
          state: fc.constant('online'),
          outbox: part,
          readings: part,
          evicted: part,
          devices: part,
          inReach: part,
        }),
        (state) => {
          const judged = judge(message('wattline/agent/barn/state', state));
          if (judged.is !== 'agent_state' || !judged.state) throw new Error('no state');
          expect(judged.state.evicted).toBeInstanceOf(Array);
          expect(judged.state.devices).toBeInstanceOf(Array);
          expect(judged.state.outbox?.readings ?? 0).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test('an agent state keeps everything that is sound in it', () => {
    const state = {
      state: 'sleeping',
      version: '1.2.3',
      timeMs: noon,
      nextDueMs: noon + 5,
      outbox: { readings: 3, bytes: 700, oldestMs: noon - 5 },
      readings: { taken: 9, confirmed: 4, waiting: 3, givenUp: 1, lost: 1 },
      evicted: [{ stream: 's', from: 1, to: 4 }],
      devices: [
        {
          name: 'roof',
          topic: 'victron/a/roof',
          intervalSeconds: 10,
          lastReadMs: noon,
          rssi: -70,
          problem: 'silent',
        },
      ],
      inReach: [{ address: 'AA:BB', model: 'SmartSolar', rssi: -60 }],
    };
    expect(judge(message('wattline/agent/barn/state', state))).toEqual({
      is: 'agent_state',
      agent: 'barn',
      state,
    });
    const wrong = {
      ...state,
      evicted: [{ stream: 's', from: 4, to: 1 }, { stream: 's', from: -1, to: 1 }, 5],
    };
    expect(judge(message('wattline/agent/barn/state', wrong))).toMatchObject({ state: { evicted: [] } });
    const half = { ...state, readings: { ...state.readings, givenUp: -1 } };
    expect(judge(message('wattline/agent/barn/state', half))).not.toHaveProperty('state.readings');
    expect(judge(message('wattline/agent/barn/state', { state: 'gone' }))).toMatchObject({
      reason: 'unknown_shape',
    });
  });
});

describe('topic filters', () => {
  test.each([
    ['victron/+/+', 'victron/a/b', true],
    ['victron/+/+', 'victron/a', false],
    ['victron/+/+', 'victron/a/b/c', false],
    ['victron/#', 'victron', true],
    ['victron/#', 'victron/a/b/c', true],
    ['victron/#', 'victrons/a', false],
    ['#', 'a/b', true],
    ['#', '$SYS/a', false],
    ['+/a', '$SYS/a', false],
    ['$SYS/#', '$SYS/a', true],
    ['a/+', 'a/', true],
    ['+', '', true],
    ['a', 'a', true],
  ])('%s and %s: %s', (filter, topic, matches) => {
    expect(matchesTopic(filter, topic)).toBe(matches);
  });

  test('the default topics take the agents’ readings and states, and no commands', () => {
    const takes = (topic: string) => defaultTopics.some((filter) => matchesTopic(filter, topic));
    expect(takes(reading(0).topic)).toBe(true);
    expect(takes('wattline/agent/barn/state')).toBe(true);
    expect(takes('wattline/agent/barn/stay_awake')).toBe(false);
    expect(takes('homeassistant/device/x/config')).toBe(false);
  });
});
