import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRaw } from '../src/log/raw.ts';
import type { Message, StoredReading } from '../src/message.ts';
import { noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog();
});
afterEach(() => {
  expect(sumOfVerdicts(scratch)).toBe(scratch.log.accounts().received);
  scratch.remove();
});

const append = (...messages: Message[]) => scratch.log.append(messages).map(({ is }) => is);
/** As sent by a clock that began with 1970 at boot. */
const unsynced = (sequence: number, meta: object = {}) =>
  reading(sequence, { meta: { _clock: 'unsynced', _timestamp: 1000 + sequence, ...meta } });
const settle = (nowMs = noon) => {
  while (scratch.log.settle(nowMs));
};
/** What followers of the log take for readings. */
const taken = () => scratch.log.read(0, 1_000).filter(({ waits }) => waits === undefined);
const raw = () => [
  ...readRaw(scratch.store.database, { series: 1, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }),
];
const shown = (readings: readonly StoredReading[]) =>
  readings.map(({ timeMs, clock, values }) => [timeMs - noon, clock, values['pv_power']]);

describe('readings by a clock that was not set', () => {
  test('wait, and are placed when the same boot is seen with a clock that was', () => {
    append(unsynced(0), unsynced(1));
    settle();
    expect(taken()).toEqual([]);
    expect(raw()).toEqual([]);
    append(reading(5), unsynced(3));
    expect(shown(taken())).toEqual([
      [5_000, 'synced', 5],
      [3_000, 'synced', 3],
    ]);
    settle();
    const inOrder = [0, 1, 3, 5].map((n) => [n * 1_000, 'synced', n]);
    expect(shown(raw())).toEqual(inOrder);
    expect(shown(taken().toSorted((a, b) => a.timeMs - b.timeMs))).toEqual(inOrder);
    expect(scratch.log.accounts()).toMatchObject({ stored: 4, moved: 2 });
    expect(scratch.log.series()).toMatchObject([{ readings: 4, firstMs: noon, newest: { position: 3 } }]);
  });

  test('are told to those who listen, with the time that counts, after a restart too', () => {
    append(unsynced(0));
    scratch.restart();
    append(reading(5));
    scratch.restart();
    const heard: StoredReading[] = [];
    scratch.log.onStored((readings) => heard.push(...readings));
    settle();
    expect(shown(heard)).toEqual([[0, 'synced', 0]]);
    expect(heard[0]?.position).toBe(3);
    settle();
    expect(heard).toHaveLength(1);
  });

  test('are known again before and after they were placed', () => {
    append(unsynced(0));
    expect(append(unsynced(0))).toEqual(['duplicate']);
    append(reading(5));
    settle();
    expect(append(unsynced(0), unsynced(0, { _model: 'other' }))).toEqual(['duplicate', 'conflict']);
    expect(raw()).toHaveLength(2);
  });

  test('are placed by their own boot only', () => {
    append(unsynced(0), unsynced(1, { _boot: 'boot-2' }));
    append(reading(5));
    settle();
    expect(shown(taken())).toEqual([
      [5_000, 'synced', 5],
      [0, 'synced', 0],
    ]);
  });

  test('keep the time they were sent with when their clock is never set, if it can be right', () => {
    const night = noon - 6 * 3_600_000;
    append(unsynced(0, { _timestamp: night }));
    settle(noon + 24 * hourMs - minuteMs);
    expect(taken()).toEqual([]);
    settle(noon + 24 * hourMs + minuteMs);
    expect(shown(taken())).toEqual([[-6 * 3_600_000, 'unsynced', 0]]);
    // Nothing is waited for again.
    append(unsynced(1, { _timestamp: night + 1_000 }));
    expect(shown(taken()).at(-1)).toEqual([-6 * 3_600_000 + 1_000, 'unsynced', 1]);
  });

  /** Of a clock that went on from where it was stopped three hours ago. */
  const stale = (sequence: number, arrivalMs: number) => ({
    ...unsynced(sequence, { _timestamp: noon - 3 * hourMs + sequence * 1_000 }),
    receivedMs: arrivalMs,
  });

  test('that came as they were measured are at their time, though their boot synchronises an hour later', () => {
    const live = [0, 30, 60, 90, 120, 150, 180];
    const waited = [-7_200, -3_600, -1_800];
    // The newest goes first; what waited on the agent comes in one piece behind it.
    const arrivals = fc
      .shuffledSubarray(waited, { minLength: waited.length })
      .chain((backlog) =>
        fc
          .integer({ min: 0, max: live.length })
          .map((at) => [
            ...live.slice(0, at).map((n) => ({ n, atMs: noon + n * 1_000 })),
            ...backlog.map((n) => ({ n, atMs: noon + (live[at] ?? 210) * 1_000 - 500 })),
            ...live.slice(at).map((n) => ({ n, atMs: noon + n * 1_000 })),
          ]),
      );
    fc.assert(
      fc.property(arrivals, fc.nat(4), (all, restartAt) => {
        const here = scratchLog();
        const meta = (n: number) => ({ _seq: n + 7_200, _uptime_ms: 8_000_000 + n * 1_000 });
        all.forEach(({ n, atMs }, index) => {
          if (index === restartAt) here.restart();
          const sent = { ...meta(n), _clock: 'unsynced', _timestamp: noon - 30 * hourMs + n * 1_000 };
          here.log.append([reading(n, { meta: sent, receivedMs: atMs })]);
        });
        while (here.log.settle(noon + 11 * minuteMs));
        const synced = { ...meta(3_600), _timestamp: noon + hourMs };
        here.log.append([reading(3_600, { meta: synced, receivedMs: noon + hourMs })]);
        while (here.log.settle(noon + hourMs));
        const found = here.log.read(0, 100).filter(({ waits }) => waits === undefined);
        here.remove();
        const byTime = found.map(({ timeMs, values }) => [values['pv_power'], timeMs - noon]);
        expect(new Map(byTime as [number, number][])).toEqual(
          new Map([...waited, ...live, 3_600].map((n) => [n, n * 1_000])),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('that came in one piece keep the time they were sent with: it may be of a clock with a battery', () => {
    append(...[0, 30, 60, 90].map((n) => stale(n, noon + 100_000)));
    settle(noon + 25 * hourMs);
    expect(shown(taken()).map(([afterNoon]) => afterNoon)).toEqual(
      [0, 30_000, 60_000, 90_000].map((ms) => ms - 3 * hourMs),
    );
  });

  test('are waited for when this machine is set right by hours, and the agent beside it with it', () => {
    let synced = false;
    scratch.restart({ clockSynced: () => synced });
    const before = noon - 5 * hourMs;
    append({ ...unsynced(0, { _timestamp: before }), receivedMs: before });
    settle(before + minuteMs);
    synced = true;
    settle(noon + 2_000);
    expect(taken()).toEqual([]);
    append(reading(5));
    settle(noon + 6_000);
    expect(shown(taken()).map(([afterNoon]) => afterNoon)).toEqual([5_000, 0]);
  });

  test('are placed by their arrival when the time they were sent with cannot be right', () => {
    // Uptimes a second apart, the second of them delivered at once.
    const late = { ...unsynced(0), receivedMs: noon + 1_050 };
    const ahead = unsynced(1, { _timestamp: noon + 400 * 86_400_000 });
    append(late, ahead);
    settle(noon + 25 * hourMs);
    expect(shown(taken())).toEqual([
      [50, 'unsynced', 0],
      [1_050, 'unsynced', 1],
    ]);
  });

  test('are placed in slices, and a repeat of a slice that the disk refused places nothing twice', () => {
    append(...Array.from({ length: 1_200 }, (_, n) => unsynced(n)));
    append(reading(2_000));
    const { database } = scratch.store;
    database.exec("CREATE TRIGGER full BEFORE INSERT ON log_group BEGIN SELECT RAISE(ABORT, 'full'); END");
    expect(() => scratch.log.settle(noon)).toThrow('full');
    database.exec('DROP TRIGGER full');
    const calls = [];
    for (let before = 0; scratch.log.settle(noon); before = scratch.log.accounts().moved)
      calls.push(scratch.log.accounts().moved - before);
    expect(calls.filter((count) => count > 0)).toEqual([500, 500, 200]);
    expect(shown(raw()).map(([, , n]) => n)).toEqual([...Array(1_200).keys(), 2_000]);
  });

  test('that expire are counted at both places', () => {
    append(unsynced(0));
    append(reading(5));
    settle();
    while (scratch.log.expire(noon + 30 * 86_400_000) > 0);
    expect(scratch.log.accounts()).toMatchObject({ stored: 2, expired: 3, moved: 1, held: 0 });
  });
});
