// The made-up site: a week of it is a week that could have been.

import { describe, expect, test } from 'vitest';
import { advertisedBytes, cableDevices, radioDevices, sentBytes } from '../src/demo/devices.ts';
import { createSite, type Site } from '../src/site/site.ts';

const startMs = Date.UTC(2026, 5, 1);
const minuteMs = 60_000;
const dayMs = 86_400_000;
const week = Array.from({ length: (7 * dayMs) / minuteMs }, (_, index) => startMs + index * minuteMs);

type Moment = ReturnType<Site['at']>;
const numberOf = (moment: Moment, device: keyof Moment, field: string): number => {
  const value = moment[device][field];
  if (typeof value !== 'number') throw new Error(`${device} ${field} is ${String(value)}`);
  return value;
};

/** Two hours ahead of UTC. */
const offsetMs = 7_200_000;
const site = createSite(startMs, 7, offsetMs);
const moments = week.map((timeMs) => site.at(timeMs));

const localDay = (timeMs: number): number => Math.floor((timeMs + offsetMs) / dayMs);

describe('a week', () => {
  test('is told again alike from the same seed, and otherwise from another', () => {
    const again = createSite(startMs, 7, offsetMs);
    const other = createSite(startMs, 8, offsetMs);
    for (const index of [0, 1000, 5000]) expect(again.at(week[index] ?? 0)).toEqual(moments[index]);
    expect(other.at(week[5000] ?? 0)).not.toEqual(moments[5000]);
  });

  test('does not go back: an earlier time shows the last moment', () => {
    const one = createSite(startMs, 7, offsetMs);
    const late = one.at(startMs + dayMs);
    expect(one.at(startMs)).toEqual(late);
  });

  test('has sun by day and none by night, in the local time of the site', () => {
    const hoursWithSun = new Set(
      moments.flatMap((moment, index) =>
        numberOf(moment, 'roof', 'pv_power') > 1
          ? [Math.floor((((week[index] ?? 0) + offsetMs) % dayMs) / 3_600_000)]
          : [],
      ),
    );
    for (const hour of [10, 12, 14]) expect(hoursWithSun).toContain(hour);
    for (const hour of [0, 2, 23]) expect(hoursWithSun).not.toContain(hour);
  });

  test('the yield of each day is what the power came to, from nothing at local midnight', () => {
    for (const [device, field] of [
      ['roof', 'pv_energy_today'],
      ['shed', 'pv_energy_today'],
    ] as const) {
      let sumWh = 0;
      let day = localDay(week[0] ?? 0);
      for (const [index, moment] of moments.entries()) {
        const today = localDay(week[index] ?? 0);
        if (today !== day) sumWh = 0;
        day = today;
        sumWh += numberOf(moment, device, 'pv_power') / 60;
        const shown = numberOf(moment, device, field);
        // Power between two looks is not the power at the second.
        expect(Math.abs(shown - sumWh)).toBeLessThan(0.03 * sumWh + 60);
      }
    }
  });

  test('the total only grows', () => {
    const totals = moments.map((moment) => numberOf(moment, 'shed', 'pv_energy_total'));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  });

  test('batteries stay within what they are', () => {
    for (const moment of moments) {
      for (const [device, least, most] of [
        ['bank', 24, 29.5],
        ['shed-battery', 11.5, 15],
      ] as const) {
        const voltage = numberOf(moment, device, 'battery_voltage');
        expect(voltage).toBeGreaterThan(least);
        expect(voltage).toBeLessThan(most);
        const charge = numberOf(moment, device, 'state_of_charge');
        expect(charge).toBeGreaterThanOrEqual(0);
        expect(charge).toBeLessThanOrEqual(100);
      }
      const sent = numberOf(moment, 'shed-battery', 'battery_power');
      const product =
        numberOf(moment, 'shed-battery', 'battery_voltage') *
        numberOf(moment, 'shed-battery', 'battery_current');
      expect(sent).toBeCloseTo(product, 6);
    }
  });

  test('can be sent by the devices, every moment of it', () => {
    for (const [index, moment] of moments.entries()) {
      for (const device of radioDevices) {
        expect(advertisedBytes(device, index, moment[device.name]).length).toBeGreaterThan(8);
      }
      for (const device of cableDevices) {
        expect(sentBytes(device, moment[device.name]).length).toBeGreaterThan(50);
      }
    }
  });
});
