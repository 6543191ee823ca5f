import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../src/message.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog();
});
afterEach(() => {
  // received = stored + duplicate + conflict + state + aside holds after whatever a test did.
  expect(sumOfVerdicts(scratch)).toBe(scratch.log.accounts().received);
  scratch.remove();
});

const append = (...messages: Message[]) =>
  scratch.log.append(messages).map((verdict) => (verdict.is === 'aside' ? verdict.reason : verdict.is));

describe('readings', () => {
  test('come back as they were sent, in order, with growing positions', () => {
    expect(append(reading(0), reading(1))).toEqual(['stored', 'stored']);
    append(reading(2));
    const found = scratch.log.read(0, 10);
    expect(found.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(found[1]).toEqual({
      position: 2,
      series: { topic: 'victron/smartsolar/roof', agent: 'barn' },
      timeMs: noon + 1000,
      receivedMs: noon + 1050,
      clock: 'synced',
      kind: 'solar_charger',
      definition: 'victron-ble',
      model: 'SmartSolar MPPT 100|30',
      intervalSeconds: 10,
      values: { pv_power: 1 },
    });
    expect(scratch.log.head()).toBe(3);
    expect(scratch.log.tail()).toBe(1);
  });

  test('are read the same after a restart as they were handed to listeners', () => {
    const heard: unknown[] = [];
    scratch.log.onStored((readings) => heard.push(...readings));
    append(reading(0), reading(1, { values: { alarms: ['low voltage'], load_state: true, note: null } }));
    scratch.restart();
    expect(scratch.log.read(0, 10)).toEqual(heard);
    expect(heard).toHaveLength(2);
  });

  test('are read from the middle of a group on', () => {
    append(...Array.from({ length: 2500 }, (_, sequence) => reading(sequence)));
    const found = scratch.log.read(1234, 1);
    expect(found[0]?.position).toBe(1235);
    expect(found[0]?.values['pv_power']).toBe(1234);
    expect(scratch.log.read(2500, 10)).toEqual([]);
  });

  test('without a time have the time of their arrival', () => {
    append(message('victron/old/one', { pv_power: 5 }, { receivedMs: noon + 7 }));
    expect(scratch.log.read(0, 1)[0]).toMatchObject({
      timeMs: noon + 7,
      kind: 'other',
      series: { agent: '' },
    });
  });

  test('of a definition of one kind get that kind when they name none', () => {
    append(message('can/inverter/x', { a: 1, _definition: 'no-such-definition' }));
    expect(scratch.log.read(0, 1)[0]?.kind).toBe('other');
  });
});

describe('identity', () => {
  test('the same reading again is a duplicate, in the same group, later, and after a restart', () => {
    expect(append(reading(0), reading(0))).toEqual(['stored', 'duplicate']);
    expect(append(reading(0))).toEqual(['duplicate']);
    scratch.restart();
    expect(append(reading(0))).toEqual(['duplicate']);
    expect(scratch.log.read(0, 10)).toHaveLength(1);
  });

  test('another payload under the same identity is a conflict, and the first stays', () => {
    append(reading(0), reading(1));
    expect(append(reading(1, { values: { pv_power: 999 } }))).toEqual(['conflict']);
    scratch.restart();
    expect(append(reading(1, { values: { pv_power: 999 } }))).toEqual(['conflict']);
    expect(scratch.log.read(0, 10).map(({ values }) => values['pv_power'])).toEqual([0, 1]);
  });

  test('the same identity and payload on another topic is a conflict', () => {
    append(reading(0));
    expect(append(reading(0, { topic: 'victron/smartsolar/shed' }))).toEqual(['conflict']);
  });

  test('a conflict within one group is seen as well', () => {
    expect(append(reading(0), reading(0, { values: { pv_power: 999 } }))).toEqual(['stored', 'conflict']);
  });

  test('a duplicate is known after a hundred thousand other messages', () => {
    append(reading(0));
    for (let from = 1; from <= 100_000; from += 1000) {
      append(
        ...Array.from({ length: 1000 }, (_, i) =>
          reading(from + i, { meta: { _stream: `other-${i % 7}`, _seq: from + i } }),
        ),
      );
    }
    expect(append(reading(0))).toEqual(['duplicate']);
  });

  test('streams of other agents and other starts are other identities', () => {
    expect(
      append(
        reading(0),
        reading(0, { meta: { _agent: 'shed' } }),
        reading(0, { meta: { _stream: 'stream-2' } }),
      ),
    ).toEqual(['stored', 'stored', 'stored']);
  });

  test('without a stream, topic, time and payload are the identity', () => {
    const old = { pv_power: 62, _timestamp: noon };
    expect(append(message('victron/a/b', old), message('victron/a/b', old))).toEqual(['stored', 'duplicate']);
    scratch.restart();
    expect(
      append(
        message('victron/a/b', old),
        message('victron/a/c', old),
        message('victron/a/b', { ...old, pv_power: 63 }),
        message('victron/a/b', { ...old, _timestamp: noon + 1 }),
      ),
    ).toEqual(['duplicate', 'stored', 'stored', 'stored']);
  });
});

describe('gaps', () => {
  const missing = () => scratch.log.accounts().missing;

  test('are missing, named by series, until late readings close them', () => {
    append(reading(0), reading(5), reading(7));
    expect(missing()).toEqual([
      { series: { topic: 'victron/smartsolar/roof', agent: 'barn' }, stream: 'stream-1', count: 5 },
    ]);
    append(reading(6), reading(1), reading(2));
    scratch.restart();
    expect(missing()[0]?.count).toBe(2);
    append(reading(4), reading(3));
    expect(missing()).toEqual([]);
  });

  test('are closed by what the agent says it gave up; a reading that comes all the same is stored', () => {
    append(reading(0), reading(5));
    const state = {
      state: 'online',
      version: '1',
      timeMs: noon,
      evicted: [{ stream: 'stream-1', from: 1, to: 4 }],
    };
    expect(append(message('wattline/agent/barn/state', state))).toEqual(['state']);
    expect(missing()).toEqual([]);
    scratch.restart();
    expect(missing()).toEqual([]);
    expect(append(reading(3))).toEqual(['stored']);
  });
});

describe('what is no reading', () => {
  test('is set aside with its reason, kept as it came, and delays nobody', () => {
    const hour = 3_600_000;
    expect(
      append(
        reading(0),
        message('victron/a/b', 'no json'),
        message('victron/a/b', '[1,2]'),
        message('victron/a/b', { cells: { one: 1 } }),
        message('victron/a/b', `{"a":"${'x'.repeat(300_000)}"}`),
        reading(9, { meta: { _timestamp: noon + hour }, receivedMs: noon }),
        message('victron/a/b', { _agent: 'x' }),
        message('victron/a/b', { pv_power: 1 }, { retained: true }),
        reading(1),
      ),
    ).toEqual([
      'stored',
      'not_json',
      'not_flat',
      'not_flat',
      'too_big',
      'far_future',
      'unknown_shape',
      'retained_without_time',
      'stored',
    ]);
    scratch.restart();
    expect(scratch.log.accounts().aside).toEqual({
      not_json: 1,
      not_flat: 2,
      too_big: 1,
      far_future: 1,
      unknown_shape: 1,
      retained_without_time: 1,
    });
    const [newest] = scratch.log.asides(1);
    expect(newest).toMatchObject({ topic: 'victron/a/b', retained: true, reason: 'retained_without_time' });
    expect(Buffer.from(newest?.payload ?? []).toString()).toBe('{"pv_power":1}');
    expect(Buffer.from(scratch.log.lastKnown('victron/a/b')?.payload ?? []).toString()).toBe(
      '{"pv_power":1}',
    );
  });

  test('a retained message without a time is kept once, however often the broker delivers it', () => {
    const timeless = (text: string) => message('victron/a/b', text, { retained: true });
    append(timeless('{"a":1}'), timeless('{"a":1}'), timeless('{"a":2}'));
    expect(scratch.log.accounts().aside).toEqual({ retained_without_time: 3 });
    expect(scratch.log.asides(10)).toHaveLength(2);
  });

  test('a far time is not judged by a clock that is not set', () => {
    scratch.restart({ clockSynced: () => false });
    expect(append(reading(0, { meta: { _timestamp: noon + 3_600_000 }, receivedMs: noon }))).toEqual([
      'stored',
    ]);
  });

  test('five minutes ahead is still a reading', () => {
    expect(append(reading(0, { meta: { _timestamp: noon + 300_000 }, receivedMs: noon }))).toEqual([
      'stored',
    ]);
    expect(append(reading(1, { meta: { _timestamp: noon + 300_001 }, receivedMs: noon }))).toEqual([
      'far_future',
    ]);
  });

  test('states and commands of agents are the newest of their topic', () => {
    const heard: unknown[] = [];
    scratch.log.onAgentState((agent, { state }) => heard.push([agent, state]));
    const state = (word: string) =>
      message('wattline/agent/barn/state', { state: word, version: '1', timeMs: 1 });
    expect(
      append(state('online'), state('sleeping'), message('wattline/agent/barn/stay_awake', { until: 5 })),
    ).toEqual(['state', 'state', 'state']);
    expect(heard).toEqual([
      ['barn', 'online'],
      ['barn', 'sleeping'],
    ]);
    scratch.restart();
    expect(scratch.log.agents()).toMatchObject([
      { agent: 'barn', state: { state: 'sleeping', evicted: [] } },
    ]);
    append(message('wattline/agent/barn/state', ''));
    expect(scratch.log.agents()).toEqual([]);
    scratch.restart();
    expect(scratch.log.agents()).toEqual([]);
  });
});

describe('series', () => {
  test('are summed up with their newest reading, which a late one does not replace', () => {
    append(reading(3), reading(1), reading(2, { topic: 'victron/smartsolar/shed' }));
    const before = scratch.log.series();
    expect(before).toMatchObject([
      {
        key: { topic: 'victron/smartsolar/roof' },
        firstMs: noon + 1000,
        readings: 2,
        newest: { position: 1 },
      },
      {
        key: { topic: 'victron/smartsolar/shed' },
        firstMs: noon + 2000,
        readings: 1,
        newest: { position: 3 },
      },
    ]);
    scratch.restart();
    expect(scratch.log.series()).toEqual(before);
  });
});
