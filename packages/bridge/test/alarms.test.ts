import { beforeEach, describe, expect, test } from 'vitest';
import { alarmSchema, openAlarmHistory } from '../src/live/alarm-history.ts';
import { createAlarms } from '../src/live/alarms.ts';
import { deviceId } from '../src/live/device-id.ts';
import { followLog } from '../src/live/live.ts';
import type { Store } from '../src/store.ts';
import { inMemoryLog, type LogOfTest, readingOf } from './in-memory-log.ts';
import { scratchStore } from './scratch-store.ts';

const roof = 'victron/solar_charger/roof';
const id = deviceId({ topic: roof, agent: 'barn' });

let store: Store;
beforeEach(() => {
  store = scratchStore(alarmSchema);
});

/** Alarms of one device, told by readings at given seconds. */
function open() {
  const history = openAlarmHistory(store);
  const alarms = createAlarms(history);
  return {
    alarms,
    reads: (seconds: number, values: Parameters<typeof readingOf>[2], more = {}) =>
      alarms.accept(id, readingOf(roof, seconds * 1_000, values, more)),
    episodes: () =>
      history
        .between(0, 1e12, 100)
        .map(({ code, level, since, until }) => [code, level, since / 1_000, until && until / 1_000]),
  };
}

describe('an alarm', () => {
  test('lasts from the first reading that shows it to the first that does not', () => {
    const { reads, episodes } = open();
    reads(10, { device_error: 'none' });
    reads(20, { device_error: 'battery_voltage_high' });
    reads(30, { device_error: 'battery_voltage_high' });
    expect(episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 20, null]]);
    reads(40, { device_error: 'none' });
    expect(episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 20, 40]]);
  });
  test('goes on while the device does not say that it is over', () => {
    const { reads, episodes } = open();
    reads(10, { device_error: 'battery_voltage_high' });
    reads(20, { pv_power: 3 });
    reads(30, { device_error: null });
    expect(episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 10, null]]);
  });
  test('gives way to the next one of its field', () => {
    const { reads, episodes } = open();
    reads(10, { device_error: 'battery_voltage_high' });
    reads(20, { device_error: 'fan_missing' });
    expect(episodes()).toEqual([
      ['device_error.fan_missing', 'alarm', 20, null],
      ['device_error.battery_voltage_high', 'alarm', 10, 20],
    ]);
  });
  test('is told once when it begins and once when it ends, in words', () => {
    const { alarms, reads } = open();
    reads(10, { device_error: 'battery_voltage_high' });
    reads(20, { device_error: 'battery_voltage_high' });
    const alarm = {
      device: id,
      name: 'roof',
      code: 'device_error.battery_voltage_high',
      text: 'Battery voltage high',
      level: 'alarm',
      since: 10_000,
      until: null,
    };
    expect(alarms.changes()).toEqual([alarm]);
    expect(alarms.changes()).toEqual([]);
    reads(30, { device_error: 'none' });
    expect(alarms.changes()).toEqual([{ ...alarm, until: 30_000 }]);
  });
  test('a field that reports no trouble never makes one', () => {
    const { reads, episodes } = open();
    reads(10, { charge_state: 'fault', pv_power: -1, foreign_alarm: true });
    expect(episodes()).toEqual([]);
  });
});

describe('readings that come late', () => {
  const late = { receivedMs: 1_000_000 };
  const trouble = { device_error: 'battery_voltage_high' };

  test('move the beginning of an alarm back, and change nothing of what is known to be now', () => {
    const { reads, episodes } = open();
    reads(100, trouble);
    reads(90, trouble, late);
    reads(80, { device_error: 'none' }, late);
    expect(episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 90, null]]);
  });
  test('that tell of a trouble long over become an episode of the past', () => {
    const { reads, episodes } = open();
    reads(1_000, { device_error: 'none' });
    reads(100, trouble, late);
    reads(110, trouble, late);
    reads(120, trouble, late);
    expect(episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 100, 120]]);
  });
  test('of an earlier episode do not end the one that is open', () => {
    const { reads, episodes } = open();
    reads(1_000, trouble);
    reads(100, trouble, late);
    reads(110, trouble, late);
    reads(1_010, { device_error: 'none' });
    expect(episodes()).toEqual([
      ['device_error.battery_voltage_high', 'alarm', 1_000, 1_010],
      ['device_error.battery_voltage_high', 'alarm', 100, 110],
    ]);
  });
});

describe('the history', () => {
  test('survives a restart: what is open ends when the device says so, and is not told twice', () => {
    const before = open();
    before.reads(10, { device_error: 'battery_voltage_high' });
    const after = open();
    after.reads(20, { device_error: 'battery_voltage_high' });
    expect(after.alarms.changes()).toEqual([]);
    after.reads(30, { device_error: 'none' });
    expect(after.episodes()).toEqual([['device_error.battery_voltage_high', 'alarm', 10, 30]]);
  });
  test('answers with the episodes that touch a span, the newest first', () => {
    const history = openAlarmHistory(store);
    const alarm = { device: id, name: 'roof', code: 'x', text: 'X', level: 'alarm' } as const;
    history.add({ ...alarm, since: 0, until: 10 });
    history.add({ ...alarm, since: 10, until: 20 });
    history.add({ ...alarm, since: 25, until: null });
    const sinces = (from: number, to: number) => history.between(from, to, 10).map(({ since }) => since);
    expect(sinces(15, 30)).toEqual([25, 10]);
    expect(sinces(11, 24)).toEqual([10]);
    expect(sinces(0, 100)).toEqual([25, 10, 0]);
    expect(history.between(0, 100, 2).map(({ since }) => since)).toEqual([25, 10]);
  });
});

describe('silence', () => {
  function follow(log: LogOfTest, startMs = 0) {
    const live = followLog({
      log,
      history: openAlarmHistory(store),
      clock: () => startMs,
      onAlarmFailure: (error) => {
        throw error;
      },
    });
    return (nowMs: number) =>
      live.step(nowMs).alarms.map(({ code, level, since, until }) => [code, level, since, until]);
  }

  test('is one alarm that begins with the last reading, grows from late to lost and ends with the next', () => {
    const log = inMemoryLog();
    const step = follow(log);
    log.store(readingOf(roof, 1_000_000, { pv_power: 1 }));
    expect(step(1_015_000)).toEqual([]);
    expect(step(1_016_000)).toEqual([['silent', 'late', 1_000_000, null]]);
    expect(step(1_121_000)).toEqual([['silent', 'lost', 1_000_000, null]]);
    expect(step(1_500_000)).toEqual([]);
    log.store(readingOf(roof, 1_600_000, { pv_power: 1 }));
    expect(step(1_600_500)).toEqual([['silent', 'lost', 1_000_000, 1_600_000]]);
  });
  test('is not claimed by a bridge that has just come up itself', () => {
    const log = inMemoryLog();
    log.store(readingOf(roof, 0, { pv_power: 1 }));
    const step = follow(log, 10_000_000);
    expect(step(10_001_000)).toEqual([]);
    expect(step(10_015_000)).toEqual([]);
    expect(step(10_016_000)).toEqual([['silent', 'lost', 0, null]]);
  });
});

test('an alarm that could not be written is written with the next reading that shows it', () => {
  const history = openAlarmHistory(store);
  let isFull = false;
  // As SQLite does: what was written is refused with its commit.
  const together: typeof history.together = (work) =>
    history.together(() => {
      work();
      if (isFull) throw new Error('disk full');
    });
  const log = inMemoryLog();
  const live = followLog({
    log,
    history: { ...history, together },
    clock: () => 0,
    onAlarmFailure: () => {},
  });
  const shed = 'victron/solar_charger/shed';
  const trouble = { device_error: 'fan_missing' };
  log.store(readingOf(roof, 1_000, trouble));
  live.step(1_000);
  isFull = true;
  log.store(readingOf(roof, 2_000, { device_error: 'none' }), readingOf(shed, 2_000, trouble));
  expect(live.step(2_000).alarms).toEqual([]);
  isFull = false;
  log.store(readingOf(roof, 3_000, { device_error: 'none' }), readingOf(shed, 3_000, trouble));
  const spans = (alarms: readonly { since: number; until: number | null }[]) =>
    alarms.map(({ since, until }) => [since, until]);
  expect(spans(live.step(3_000).alarms)).toEqual([
    [1_000, 3_000],
    [3_000, null],
  ]);
  expect(spans(history.between(0, 10_000, 10))).toEqual([
    [3_000, null],
    [1_000, 3_000],
  ]);
});

test('an alarm that cannot be written is counted and reported, and the device is still shown', () => {
  const failures: unknown[] = [];
  const log = inMemoryLog();
  const live = followLog({
    log,
    history: openAlarmHistory(store),
    clock: () => 0,
    onAlarmFailure: (error) => failures.push(error),
  });
  store.database.exec('DROP TABLE alarms');
  log.store(readingOf(roof, 0, { device_error: 'fan_missing' }));
  expect(failures).toHaveLength(1);
  expect(live.alarmFailures()).toBe(1);
  expect(live.devices.find('roof')).toBeDefined();
});
