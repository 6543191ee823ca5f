// When the loop over a device asks and when it rests, in virtual time.

import { describe, expect, test } from 'vitest';
import { battery, onAir, onCable } from './asked-battery.ts';

describe('polls', () => {
  test('pause while the device is released: the link is let go at once, and nobody is asked meanwhile', async () => {
    let untilMs: number | undefined;
    let tell = (): void => {};
    const release = {
      untilMs: () => untilMs,
      onChange(listener: () => void) {
        tell = listener;
      },
    };
    const bank = battery(onAir, { release });
    await bank.time.passTo(15_000);
    expect(bank.closed()).toBe(0);
    untilMs = 60_000;
    tell();
    await bank.time.passTo(60_000);
    expect(bank.closed()).toBe(1);
    expect(bank.readings).toHaveLength(2);
    untilMs = undefined;
    tell();
    await bank.time.passTo(65_000);
    expect(bank.readings).toHaveLength(3);
    expect(bank.troubles).toEqual([]);
    await bank.stop();

    // A cable serves nobody else.
    untilMs = 60_000;
    const cable = battery(onCable, { release });
    await cable.time.passTo(0);
    expect(cable.readings).toHaveLength(1);
    await cable.stop();
  });

  test('come less often while it is night', async () => {
    let isNight = false;
    const bank = battery({ ...onCable, nightIntervalMs: 60_000 }, { isNight: () => isNight });
    await bank.time.passTo(15_000);
    isNight = true;
    await bank.time.passTo(150_000);
    isNight = false;
    await bank.time.passTo(220_000);
    expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual(
      [0, 10, 20, 80, 140, 200, 210, 220].map((seconds) => seconds * 1000),
    );
    await bank.stop();
  });
});
