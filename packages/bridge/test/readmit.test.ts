// What was set aside is taken back once its cause is mended, counted once, and otherwise stays.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replacedMessages as examples } from '../../protocols/test/replaced/messages.ts';
import { type Readmitted, readmitAll } from '../src/log/readmit.ts';
import type { StoredReading } from '../src/message.ts';
import { messageOf, replacedPrograms } from './replaced-messages.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

const hourMs = 3_600_000;
let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog();
});
afterEach(() => scratch.remove());

const readmit = (nowMs = noon): Promise<readonly Readmitted[]> => readmitAll(scratch.log, () => nowMs);
const asides = () => scratch.log.asides(1_000).map(({ reason }) => reason);

describe('a time ahead of the clock', () => {
  const early = reading(3, { receivedMs: noon - hourMs });

  test('is judged again by the clock as it is now, and the gap closes', async () => {
    scratch.log.append([reading(2), reading(4), early]);
    expect(scratch.log.accounts()).toMatchObject({ stored: 2, aside: { far_future: 1 } });
    expect(await readmit(noon - hourMs)).toEqual([{ reason: 'far_future', became: 'aside', count: 1 }]);
    const seen: StoredReading[] = [];
    scratch.log.onStored((readings) => seen.push(...readings));
    expect(await readmit(noon)).toEqual([{ reason: 'far_future', became: 'stored', count: 1 }]);
    expect(seen).toMatchObject([
      { timeMs: noon + 3_000, receivedMs: noon - hourMs, values: { pv_power: 3 } },
    ]);
    expect(asides()).toEqual([]);
    const { received, stored, aside, missing } = scratch.log.accounts();
    // Sequences 0 and 1 never came.
    expect({ received, stored, aside, missing: missing[0]?.count }).toEqual({
      received: 3,
      stored: 3,
      aside: { far_future: 0 },
      missing: 2,
    });
    expect(sumOfVerdicts(scratch)).toBe(3);
    expect(scratch.log.append([reading(3)])).toEqual([{ is: 'duplicate' }]);
    scratch.restart();
    expect(scratch.log.read(0, 10)).toHaveLength(3);
    expect(sumOfVerdicts(scratch)).toBe(4);
  });

  test('is judged by no clock that is not set', async () => {
    scratch.log.append([early]);
    scratch.restart({ clockSynced: () => false });
    expect(await readmit()).toEqual([{ reason: 'far_future', became: 'clock', count: 1 }]);
    expect(asides()).toEqual(['far_future']);
  });
});

describe('a reading that is older than identities are remembered', () => {
  const at = (sequence: number, ageMs: number, meta: object = {}) =>
    reading(sequence, { receivedMs: noon, meta: { _timestamp: noon - ageMs, ...meta } });
  const limitMs = 180 * 24 * hourMs;

  test('is set aside with its age, and taken once the operator wants it', async () => {
    scratch.log.append([at(0, limitMs), at(1, limitMs + 1), at(2, 400 * 24 * hourMs)]);
    expect(scratch.log.accounts()).toMatchObject({ stored: 1, aside: { too_old: 2 } });
    expect(scratch.log.asides(1)[0]?.detail).toMatch(/^it is 400 days old, at most 180 are taken; .*readmit/);
    expect(await readmit()).toEqual([{ reason: 'too_old', became: 'stored', count: 2 }]);
    expect(asides()).toEqual([]);
    expect(scratch.log.read(0, 10).map(({ timeMs }) => noon - timeMs)).toEqual([
      ...[limitMs, limitMs + 1, 400 * 24 * hourMs],
    ]);
    expect(scratch.log.append([at(2, 400 * 24 * hourMs)])).toEqual([{ is: 'duplicate' }]);
    expect(sumOfVerdicts(scratch)).toBe(4);
  });

  test('is judged by no clock that is not set', () => {
    scratch.restart({ clockSynced: () => false });
    expect(scratch.log.append([at(0, 400 * 24 * hourMs)])).toEqual([{ is: 'stored' }]);
  });

  test('is stored as history where its program names no sequence: counted, and said once for each topic', () => {
    const foreign = (topic: string, ageMs: number) => message(topic, { power: 1, _timestamp: noon - ageMs });
    const ages = [limitMs, limitMs + 1, 900 * 24 * hourMs];
    const topics = ['shed/meter/old', 'shed/meter/older'];
    scratch.log.append(topics.flatMap((topic) => ages.map((ageMs) => foreign(topic, ageMs))));
    const { stored, aside, bounds } = scratch.log.accounts();
    expect({ stored, aside, bounds }).toEqual({ stored: 6, aside: {}, bounds: { old_without_sequence: 4 } });
    expect(scratch.reports).toEqual(
      topics.map((topic) => expect.stringMatching(`^${topic}: readings older than 180 days are stored`)),
    );
  });

  test('is set aside, whoever sent it, when its clock shows a time at which it was never set', async () => {
    const all = [
      message('shed/meter/roof', { power: 1, _timestamp: 7_000 }),
      message('victron/smartsolar/roof', { charge_state: 'BULK', solar_power: 6, _timestamp: 8_000 }),
      message('shed/meter/roof', { power: 1, _timestamp: Date.UTC(2020, 0, 1) }),
      reading(0, { receivedMs: noon, meta: { _timestamp: 9_000 } }),
    ];
    const verdicts = scratch.log.append(all);
    expect(verdicts.map((it) => ('reason' in it ? it.reason : it.is))).toEqual([
      ...['too_old', 'too_old', 'stored', 'too_old'],
    ]);
    expect(scratch.log.asides(9).map(({ detail }) => detail)).toEqual(
      [9, 8, 7].map((second) => expect.stringMatching(`^its time is 1970-01-01T00:00:0${second}.*readmit`)),
    );
    expect(await readmit()).toEqual([{ reason: 'too_old', became: 'stored', count: 3 }]);
    expect(scratch.log.accounts().bounds).toEqual({ old_without_sequence: 1 });
    expect(sumOfVerdicts(scratch)).toBe(4);
  });

  test('whose clock was never set is placed by its arrival, if its time is as old', () => {
    const unset = { _clock: 'unsynced', _timestamp: noon - limitMs - hourMs };
    scratch.log.append([reading(0, { receivedMs: noon, meta: unset })]);
    while (scratch.log.settle(noon + 25 * hourMs));
    const taken = scratch.log.read(0, 10).filter(({ waits }) => waits === undefined);
    expect(taken.map(({ timeMs }) => timeMs)).toEqual([noon]);
  });
});

test('messages of a device that was not configured are stored once it is, and counted once', async () => {
  scratch.log.append(examples.map(messageOf));
  const before = scratch.log.accounts();
  expect(before.aside).toMatchObject({ unknown_shape: 3, not_json: 1 });
  scratch.restart({ replacedPrograms });
  const became = await readmit();
  expect(became).toEqual(
    expect.arrayContaining([
      { reason: 'unknown_shape', became: 'stored', count: 3 },
      { reason: 'not_json', became: 'stored', count: 1 },
      { reason: 'retained_without_time', became: 'aside', count: 1 },
    ]),
  );
  const after = scratch.log.accounts();
  expect(after.received).toBe(before.received);
  expect(after.stored).toBe(before.stored + 4);
  expect(sumOfVerdicts(scratch)).toBe(after.received);
  const shunt = scratch.log.series().find(({ key }) => key.topic === 'victron/smartshunt/Shunt1');
  expect(shunt).toMatchObject({ readings: 2, newest: { kind: 'battery' } });
  const again = await readmit();
  expect(again).toEqual([{ reason: 'retained_without_time', became: 'aside', count: 1 }]);
});

test('what is still no reading stays as it is', async () => {
  scratch.log.append([message('a/b', '{"half":'), message('a/b', '[1]')]);
  const before = scratch.log.asides(10);
  expect(await readmit()).toEqual([
    { reason: 'not_json', became: 'aside', count: 1 },
    { reason: 'not_flat', became: 'aside', count: 1 },
  ]);
  expect(scratch.log.asides(10)).toEqual(before);
  expect(scratch.log.accounts()).toMatchObject({ received: 2, aside: { not_json: 1, not_flat: 1 } });
});

test('of a message that was too long only the beginning was kept, and that is said', async () => {
  scratch.log.append([message('a/b', `{"a":"${'x'.repeat(1_100_000)}"}`)]);
  expect(await readmit()).toEqual([{ reason: 'too_big', became: 'truncated', count: 1 }]);
});

test('a message of a user that may not speak for its agent stays', async () => {
  const foreign = { ...reading(0), onlyAgent: 'shed' };
  const unread = { ...message('a/b', 'not yet'), onlyAgent: 'shed' };
  scratch.log.append([foreign, unread]);
  scratch.restart();
  expect(await readmit()).toMatchObject([{ reason: 'foreign_agent', became: 'aside' }, { became: 'aside' }]);
  expect(scratch.log.asides(2)).toMatchObject([{ onlyAgent: 'shed' }, { onlyAgent: 'shed' }]);
});

test('an old state does not replace a newer one', async () => {
  const topic = 'wattline/agent/barn/state';
  scratch.log.append([message(topic, { state: 'gone' }, { receivedMs: noon })]);
  // As if an earlier program had not known the word.
  const sound = JSON.stringify({ state: 'offline' });
  scratch.store.database
    .prepare('UPDATE log_aside SET payload = ?, bytes = ?')
    .run(Buffer.from(sound), sound.length);
  scratch.log.append([message(topic, { state: 'online' }, { receivedMs: noon + 1 })]);
  expect(await readmit()).toEqual([{ reason: 'unknown_shape', became: 'state', count: 1 }]);
  expect(scratch.log.agents()).toMatchObject([{ agent: 'barn', state: { state: 'online' } }]);
  expect(sumOfVerdicts(scratch)).toBe(2);
});

test('a disk that refuses changes nothing', async () => {
  scratch.log.append([reading(3, { receivedMs: noon - hourMs })]);
  scratch.store.database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON log_group BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  await expect(readmit()).rejects.toThrow('no');
  scratch.store.database.exec('DROP TRIGGER refuse');
  expect(asides()).toEqual(['far_future']);
  expect(sumOfVerdicts(scratch)).toBe(1);
  expect(await readmit()).toMatchObject([{ became: 'stored' }]);
});

test('many are taken slice by slice', async () => {
  const many = Array.from({ length: 450 }, (_, index) => reading(index, { receivedMs: noon - hourMs }));
  scratch.log.append(many);
  expect(await readmit(noon + hourMs)).toEqual([{ reason: 'far_future', became: 'stored', count: 450 }]);
  expect(scratch.log.accounts()).toMatchObject({ received: 450, stored: 450 });
});
