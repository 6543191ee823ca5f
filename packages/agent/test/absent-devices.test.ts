// Of twenty devices on one radio some are absent: what the others' readings lose by it, in virtual time.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import { controllerOn } from './bluetooth-rigs.ts';
import { asked, broadcasting } from './healing-devices.ts';
import { intervalMs, passMs, startReading, useVirtualTimers, virtualNow } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const devicesMax = 20;
const warmUpMs = 60_000;
const watchedMs = 300_000;

/** The gaps between the readings of those that are there, sorted. */
async function gapsWith(absent: number): Promise<number[]> {
  const air = createVirtualRadio({ connectMs: 20, random: () => 0.5 });
  const members = Array.from({ length: devicesMax }, (_, index) =>
    index % 2 === 0 ? asked(index + 1) : broadcasting(index + 1),
  );
  // Of those that are asked, which take turns on the radio.
  const missing = new Set(members.filter((_, index) => index % 2 === 0).slice(0, absent));
  const present = members.filter((member) => !missing.has(member));
  for (const { peripheral } of present) air.add(peripheral);
  const radio = createBluetoothRadio({
    adapter: () => ({ candidates: [async () => controllerOn(air).controller] }),
    now: virtualNow,
  });
  const reading = startReading(
    members.map(({ device }) => device),
    { radio: radio.receiver, gatt: radio.connect },
  );
  await passMs(warmUpMs + watchedMs);
  const gaps = present.flatMap(({ device }) => {
    const times = reading.measuredMs(device.name).filter((ms) => ms >= warmUpMs);
    expect(times.length, device.name).toBeGreaterThanOrEqual(watchedMs / intervalMs - 1);
    return times.slice(1).map((ms, index) => ms - (times[index] ?? 0));
  });
  await reading.stop();
  air.close();
  return gaps.sort((a, b) => a - b);
}

test.each([0, 1, 5])('with %i of twenty absent each other one is read at its interval', async (absent) => {
  const gaps = await gapsWith(absent);
  expect(gaps.at(-1)).toBeLessThanOrEqual(intervalMs + 1000);
});
