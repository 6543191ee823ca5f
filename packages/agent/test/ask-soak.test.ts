// Thousands of polls with random faults, in virtual time: whatever the link does, a value is that of its poll.

import { expect, test } from 'vitest';
import { randomOf } from '../../protocols/test/random.ts';
import { battery, onAir } from './asked-battery.ts';
import { settle } from './virtual-time.ts';

const polls = 3000;
const intervalMs = 10_000;
/** Later than any deadline of one try. */
const lateMsMax = 4000;

/** The voltage tells when it was measured, to the second. */
const voltageAt = (ms: number) => (Math.floor(ms / 1000) % 60_000) / 100;

test('no value is older than its poll, none comes after its link has died, and the loop goes on for ever', async () => {
  const seed = Date.now() % 2 ** 32;
  console.error(`soak: --seed ${seed}`);
  const random = randomOf(seed);
  const bank = battery({ ...onAir, intervalMs });
  const { time } = bank;
  let goneSinceMs: number | undefined;
  const gone: (readonly [fromMs: number, untilMs: number])[] = [];
  bank.set({ voltage: voltageAt(0) });
  bank.breakBy((_, answers) => {
    switch (random.below(40)) {
      case 0:
        return [];
      case 1:
        return answers.map((answer) => answer.subarray(0, random.below(answer.length)));
      case 2:
        return [random.bytes(random.below(40)), ...answers];
      case 3:
        return [...answers, ...answers];
      case 4:
        return answers.map((answer) => answer.with(random.below(answer.length), random.below(256)));
      case 5:
        time.startTimer(random.below(lateMsMax), () => {
          for (const answer of answers) bank.say(answer);
        });
        return [];
      case 6:
        bank.hangUp();
        return [];
      default:
        return undefined;
    }
  });
  for (let second = 0; second < (polls * intervalMs) / 1000; second++) {
    // Just before a poll that is due now.
    await time.passTo(second * 1000 - 1);
    bank.set({ voltage: voltageAt(second * 1000) });
    if (second % 10 === 0 && random.below(50) === 0) {
      if (goneSinceMs === undefined) {
        bank.vanish();
        goneSinceMs = time.nowMs();
      } else {
        bank.comeBack();
        gone.push([goneSinceMs, time.nowMs()]);
        goneSinceMs = undefined;
      }
      await settle();
    }
    await time.passTo(second * 1000);
  }
  await bank.stop();
  expect(bank.readings.length).toBeGreaterThan(polls / 20);
  const wrong = bank.readings.filter(({ values, measuredMs, atMs }) => {
    const ages = Array.from(
      { length: 1 + (lateMsMax + 2000) / 1000 },
      (_, second) => measuredMs - second * 1000,
    );
    return atMs - measuredMs >= 60_000 || !ages.some((ms) => voltageAt(ms) === values['battery_voltage']);
  });
  expect(wrong).toEqual([]);
  const whileGone = bank.readings.filter(({ atMs }) =>
    gone.some(([from, until]) => atMs > from && atMs <= until),
  );
  expect(whileGone).toEqual([]);
  // After every return it is read again; a login among so many faults may take several attempts.
  const missed = gone.filter(
    ([, until], index) =>
      until + 600_000 < (gone[index + 1]?.[0] ?? time.nowMs()) &&
      !bank.readings.some(({ atMs }) => atMs > until && atMs <= until + 600_000),
  );
  expect(missed).toEqual([]);
  expect(bank.board.strange).toEqual([]);
  expect(new Set(bank.troubles.map(({ code }) => code))).toEqual(new Set(['link', 'silent', 'corrupt']));
  expect(time.pending()).toBe(0);
});
