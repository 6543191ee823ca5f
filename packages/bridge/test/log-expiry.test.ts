import { statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { message, noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

const day = 86_400_000;
const megabyte = 1024 ** 2;

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog({ rawMs: 7 * day });
});
afterEach(() => scratch.remove());

const append = (...messages: Parameters<Scratch['log']['append']>[0]) =>
  scratch.log.append(messages).map(({ is }) => is);

function expireAll(nowMs: number): number {
  let gone = 0;
  for (let calls = 0; calls < 10_000; calls++) {
    const more = scratch.log.expire(nowMs);
    if (more === 0) return gone;
    gone += more;
  }
  throw new Error('expiry does not end');
}

test('readings go by the age of their arrival, not of their measuring; what is left stays readable', () => {
  append(reading(0, { receivedMs: noon }), reading(1, { receivedMs: noon }));
  append(reading(2, { meta: { _timestamp: noon - 170 * day }, receivedMs: noon + day }));
  expect(expireAll(noon + 7 * day)).toBe(0);
  expect(expireAll(noon + 7 * day + 1)).toBe(2);
  expect(scratch.log.tail()).toBe(3);
  expect(scratch.log.read(0, 10).map(({ position }) => position)).toEqual([3]);
  expect(scratch.log.accounts()).toMatchObject({ stored: 3, expired: 2 });
});

test('positions are never used twice, even when everything has expired', () => {
  append(reading(0));
  expireAll(noon + 30 * day);
  scratch.restart();
  expect([scratch.log.head(), scratch.log.tail()]).toEqual([1, 2]);
  append(reading(1));
  expect(scratch.log.read(0, 10)[0]?.position).toBe(2);
});

test('an expired reading that comes again is a duplicate still, whatever it says; the series keeps its newest', () => {
  append(reading(0), reading(1));
  expect(append(reading(1, { values: { pv_power: 999 } }))).toEqual(['conflict']);
  expireAll(noon + 30 * day);
  expect(append(reading(1, { values: { pv_power: 999 } }))).toEqual(['duplicate']);
  scratch.restart();
  expect(append(reading(0), reading(1, { values: { pv_power: 999 } }))).toEqual(['duplicate', 'duplicate']);
  expect(scratch.log.series()[0]).toMatchObject({ readings: 2, newest: { values: { pv_power: 1 } } });
});

test('a message without a stream is known as long as it is held', () => {
  const old = message('victron/a/b', { pv_power: 1, _timestamp: noon });
  append(old);
  expect(append(old)).toEqual(['duplicate']);
  expireAll(noon + 30 * day);
  expect(append(old)).toEqual(['stored']);
});

test('nothing is left behind of what expired', () => {
  append(...Array.from({ length: 50 }, (_, i) => reading(2 * i)));
  append(message('victron/a/b', { pv_power: 1, _timestamp: noon }));
  expireAll(noon + 30 * day);
  const { database } = scratch.store;
  for (const table of ['log_group', 'log_run', 'log_digest']) {
    expect([table, database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']]).toEqual([table, 0]);
  }
});

test('one call does a bounded slice of the work', () => {
  for (let from = 0; from < 20_000; from += 1000) {
    append(
      ...Array.from({ length: 1000 }, (_, i) =>
        reading(from + i, { receivedMs: noon, meta: { _timestamp: noon } }),
      ),
    );
  }
  const slice = scratch.log.expire(noon + 30 * day);
  expect(slice).toBeGreaterThanOrEqual(5_000);
  expect(slice).toBeLessThanOrEqual(6_000);
  expect(slice + expireAll(noon + 30 * day)).toBe(20_000);
});

test('a clock that is not set lets nothing expire by age', () => {
  append(reading(0));
  scratch.restart({ clockSynced: () => false });
  expect(expireAll(noon + 1000 * day)).toBe(0);
});

test('at its size the oldest go first, counted and said, and the file does not outgrow it', () => {
  scratch.restart({ bytesMax: 8 * megabyte });
  const filler = 'x'.repeat(400);
  for (let from = 0; from < 60_000; from += 500) {
    append(
      ...Array.from({ length: 500 }, (_, i) =>
        reading(from + i, { receivedMs: noon, meta: { _timestamp: noon, filler } }),
      ),
    );
    expireAll(noon);
    const bytes = statSync(scratch.store.file).size;
    expect(bytes).toBeLessThanOrEqual(8 * megabyte);
  }
  const { stored, expired, bounds } = scratch.log.accounts();
  expect(expired).toBeGreaterThan(30_000);
  expect(bounds).toEqual({ expired_by_size: expired });
  expect(scratch.log.tail()).toBe(expired + 1);
  expect(scratch.log.read(0, 1_000_000)).toHaveLength(stored - expired);
  expect(scratch.reports).toEqual([expect.stringContaining('store.max_size')]);
});

test('a store that was allowed more shrinks when its size is lowered', () => {
  const filler = 'x'.repeat(400);
  for (let from = 0; from < 20_000; from += 500) {
    append(
      ...Array.from({ length: 500 }, (_, i) =>
        reading(from + i, { receivedMs: noon, meta: { _timestamp: noon, filler } }),
      ),
    );
  }
  scratch.restart({ bytesMax: 2 * megabyte });
  for (let calls = 0; calls < 100; calls++) scratch.log.expire(noon);
  scratch.restart({ bytesMax: 2 * megabyte });
  expect(statSync(scratch.store.file).size).toBeLessThanOrEqual(2 * megabyte);
});

test('streams are known for 180 days after their last use, and then forgotten', () => {
  append(reading(0));
  expireAll(noon + 180 * day);
  expect(append(reading(0))).toEqual(['duplicate']);
  expireAll(noon + 182 * day);
  expect(append(reading(0))).toEqual(['stored']);
});
