// The made-up hut: two days of it, as its inverters tell them.

import { describe, expect, test } from 'vitest';
import { polled } from '../src/demo/poll.ts';
import { createAxpert } from '../src/devices/axpert.ts';
import { createHut } from '../src/site/hut.ts';

const timing = { startMs: Date.UTC(2026, 5, 1), seed: 7, localOffsetMs: 7_200_000 };
const everyMs = 600_000;
const times = Array.from(
  { length: (2 * 86_400_000) / everyMs },
  (_, index) => timing.startMs + index * everyMs,
);
const serials = ['92931701100510', '92931701100511', '92931701100512'];

describe('two days', () => {
  const hut = createHut(timing);
  const moments = times.map((timeMs) => hut.at(timeMs));
  const all = moments.flatMap(({ parallel, single }) => [...parallel, single]);

  test('have sun by day, none by night, and batteries that are neither empty nor overfull', () => {
    expect(all.some(({ pvPower }) => pvPower > 500)).toBe(true);
    expect(all.some(({ pvPower }) => pvPower === 0)).toBe(true);
    expect(Math.min(...all.map(({ charge }) => charge))).toBeGreaterThan(5);
    expect(Math.max(...all.map(({ charge }) => charge))).toBeLessThanOrEqual(100);
    expect(Math.max(...all.map(({ acOutputPower }) => acOutputPower))).toBeLessThan(5000);
  });

  test('count the energy of each inverter, from zero at midnight on its own clock', () => {
    for (const number of [0, 1, 2]) {
      const own = moments.map(({ parallel }) => parallel[number]);
      for (const [index, now] of own.entries()) {
        const before = own[index - 1];
        if (before === undefined || now === undefined) continue;
        expect(now.pvEnergyTotal).toBeGreaterThanOrEqual(before.pvEnergyTotal);
        if (now.clock.slice(0, 8) === before.clock.slice(0, 8))
          expect(now.pvEnergyToday).toBeGreaterThanOrEqual(before.pvEnergyToday);
        else expect(now.pvEnergyToday).toBeLessThan(100);
      }
    }
  });
});

test('any inverter tells of all three, and what they do fits together', () => {
  const hut = createHut(timing);
  const readings = polled('voltronic-pi30', 'serial', (timeMs) => {
    const units = serials.map((serial, number) => ({
      serial,
      state: () => hut.at(timeMs).parallel[number] ?? hut.at(timeMs).single,
    }));
    return createAxpert(units[0] ?? { serial: '', state: () => hut.at(timeMs).single }, units).receive;
  })(timing.startMs + 36_000_000);
  expect(readings.map(({ part }) => part)).toEqual([undefined, 'unit_1', 'unit_2']);
  const watts = readings.map(({ values }) => Number(values['ac_output_power']));
  expect(Number(readings[0]?.values['system_ac_output_power'])).toBeCloseTo(
    watts.reduce((sum, each) => sum + each, 0),
    -1,
  );
  expect(readings[0]?.values['battery_voltage']).toBeGreaterThan(48);
});
