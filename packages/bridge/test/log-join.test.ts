// Series that get another name, become part of another, or go.

import { expect, onTestFinished, test } from 'vitest';
import { readRaw } from '../src/log/raw.ts';
import { joinLogSeries, NameTakenError, removeLogSeries } from '../src/log/series-join.ts';
import type { Message } from '../src/message.ts';
import { message, noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

const [old, roof, third] = ['victron/smartsolar/old', 'victron/smartsolar/roof', 'victron/smartsolar/third'];
const key = (topic: string, agent = 'barn') => ({ topic, agent });
const of = (topic: string, sequence: number): Message => reading(sequence, { topic });
/** Of a program that names no stream: known by its digest. */
const foreign = (topic: string, power: number): Message =>
  message(topic, { pv_power: power, _timestamp: noon + power, _agent: 'barn' }, { receivedMs: noon + power });

function open(...messages: readonly Message[]): Scratch {
  const scratch = scratchLog();
  onTestFinished(scratch.remove);
  scratch.log.append(messages);
  return scratch;
}

function join({ store, log }: Scratch, from: string, into: string): void {
  store.transaction(() => joinLogSeries(store.database, key(from), key(into)));
  log.reloadSeries();
}

/** By series: powers in the log, in the order of positions; and those of the series as history has them. */
function held({ log, store }: Scratch) {
  const inLog: Record<string, unknown[]> = {};
  for (const { series, values } of log.read(0, 1_000)) {
    inLog[series.topic] ??= [];
    inLog[series.topic]?.push(values['pv_power']);
  }
  const raw = Object.fromEntries(
    log
      .series()
      .map(({ id, key: { topic } }) => [
        topic,
        [...readRaw(store.database, { series: id, fromMs: 0, toMs: noon * 2 })].map(
          ({ values }) => values['pv_power'],
        ),
      ]),
  );
  return {
    log: inLog,
    raw,
    readings: Object.fromEntries(log.series().map((each) => [each.key.topic, each.readings])),
  };
}
const everywhere = (topics: { readonly [topic: string]: readonly number[] }) => ({
  log: topics,
  raw: topics,
  readings: Object.fromEntries(Object.entries(topics).map(([topic, { length }]) => [topic, length])),
});

test('what was stored under the old name, and what still comes under it, is under the new one', () => {
  const scratch = open(of(old, 0), of(old, 1));
  join(scratch, old, roof);
  expect(held(scratch)).toEqual(everywhere({ [roof]: [0, 1] }));
  scratch.log.append([of(old, 2), of(roof, 3)]);
  expect(held(scratch)).toEqual(everywhere({ [roof]: [0, 1, 2, 3] }));
  scratch.restart();
  scratch.log.append([of(old, 4)]);
  expect(held(scratch)).toEqual(everywhere({ [roof]: [0, 1, 2, 3, 4] }));
  expect(scratch.log.series()).toMatchObject([{ key: key(roof), newest: { values: { pv_power: 4 } } }]);
});

test('a repeat is known after the name has changed, by its stream and by its digest', () => {
  const scratch = open(of(old, 0), foreign(old, 10));
  join(scratch, old, roof);
  const verdicts = scratch.log.append([of(old, 0), foreign(old, 10)]);
  expect(verdicts.map(({ is }) => is)).toEqual(['duplicate', 'duplicate']);
});

test('two series become one; the newest reading is the newer of both', () => {
  const scratch = open(of(roof, 5), of(old, 0), of(old, 1));
  join(scratch, old, roof);
  expect(scratch.log.series()).toMatchObject([
    { key: key(roof), readings: 3, firstMs: noon, newest: { values: { pv_power: 5 } } },
  ]);
  expect(held(scratch).raw).toEqual({ [roof]: [0, 1, 5] });
});

test('names can be joined one after the other, and a name can be taken back', () => {
  const scratch = open(of(old, 0));
  join(scratch, old, roof);
  join(scratch, roof, third);
  scratch.log.append([of(old, 1), of(roof, 2), of(third, 3)]);
  expect(held(scratch)).toEqual(everywhere({ [third]: [0, 1, 2, 3] }));
  join(scratch, third, old);
  scratch.restart();
  scratch.log.append([of(third, 4)]);
  expect(held(scratch)).toEqual(everywhere({ [old]: [0, 1, 2, 3, 4] }));
});

test('a name whose messages belong to another series is not given away', () => {
  const scratch = open(of(old, 0), of(third, 1));
  join(scratch, old, roof);
  expect(() => join(scratch, third, old)).toThrow(NameTakenError);
  expect(() => join(scratch, third, old)).toThrow(`readings of ${old} are readings of ${roof}`);
  expect(held(scratch)).toEqual(everywhere({ [roof]: [0], [third]: [1] }));
});

test('a field keeps the type it has in the series that another becomes part of', () => {
  const other = (topic: string, sequence: number, made_up: unknown) =>
    reading(sequence, { topic, values: { made_up }, meta: { _definition: undefined } });
  const scratch = open(other(roof, 0, 'word'), other(old, 1, 1));
  join(scratch, old, roof);
  scratch.log.append([other(old, 2, 2), other(old, 3, 'more'), other(roof, 4, 'words')]);
  scratch.restart();
  scratch.log.append([other(old, 5, 5)]);
  const values = scratch.log.read(0, 100).map(({ values }) => values['made_up']);
  expect(values).toEqual(['word', 1, undefined, 'more', 'words', undefined]);
});

test('a series that was removed is gone with all its names, and a new one of that name does not inherit', () => {
  const scratch = open(of(old, 0), of(third, 1));
  join(scratch, old, roof);
  scratch.store.transaction(() => removeLogSeries(scratch.store.database, key(roof)));
  scratch.log.reloadSeries();
  expect(held(scratch)).toEqual(everywhere({ [third]: [1] }));
  scratch.log.append([of(old, 2), of(roof, 3)]);
  scratch.restart();
  expect(held(scratch)).toEqual(everywhere({ [old]: [2], [roof]: [3], [third]: [1] }));
});
