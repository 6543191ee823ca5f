// The made-up workshop as its devices say it: what the agent's own decoders read agrees from device to device.

import type { Decoded } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { workshopDevices } from '../src/demo/workshop.ts';
import { createLitime } from '../src/devices/litime.ts';
import { createWorkshop } from '../src/site/workshop.ts';
import { numberOf, type Story, week } from './story.ts';

const stepMinutes = 3;
const summer = week(Date.UTC(2026, 5, 1), stepMinutes);
const winter = week(Date.UTC(2026, 11, 14), stepMinutes);

const tell = ({ timing, times }: Story) => {
  const devices = workshopDevices(createWorkshop(timing));
  return times.map((timeMs) => {
    const [left, right, controller] = devices.map(({ readings }) => readings(timeMs)[0]) as [
      Decoded,
      Decoded,
      Decoded,
    ];
    return { left, right, controller };
  });
};

describe.each([
  { season: 'summer', moments: tell(summer) },
  { season: 'winter', moments: tell(winter) },
])('a week in $season', ({ moments }) => {
  test('the batteries take what the panels give and the load leaves', () => {
    for (const { left, right, controller } of moments) {
      const batteries = numberOf(left, 'battery_current') + numberOf(right, 'battery_current');
      const rest = numberOf(controller, 'battery_charge_current') - numberOf(controller, 'load_current');
      // Four currents, each cut to a hundredth.
      expect(Math.abs(batteries - rest)).toBeLessThanOrEqual(0.0201);
    }
  });

  test('there is one voltage, and the cells are parts of it', () => {
    for (const { left, right, controller } of moments) {
      for (const battery of [left, right]) {
        const voltage = numberOf(battery, 'battery_voltage');
        expect(Math.abs(voltage - numberOf(controller, 'battery_voltage'))).toBeLessThanOrEqual(0.0551);
        const cells = [1, 2, 3, 4].map((number) => numberOf(battery, `cell_voltage_${number}`));
        expect(Math.abs(cells.reduce((sum, cell) => sum + cell, 0) - voltage)).toBeLessThan(0.008);
      }
      expect(left.values['battery_voltage']).toBe(right.values['battery_voltage']);
    }
  });

  test('what is in the batteries changes by what flowed', () => {
    for (const side of ['left', 'right'] as const) {
      let flowedAh = 0;
      const remaining = moments.map((moment) => numberOf(moment[side], 'battery_capacity_remaining'));
      for (const [index, moment] of moments.entries()) {
        if (index > 0) flowedAh += numberOf(moment[side], 'battery_current') * summer.stepHours;
        const changed = (remaining[index] ?? 0) - (remaining[0] ?? 0);
        expect(Math.abs(changed - flowedAh)).toBeLessThan(3);
      }
    }
  });

  test('nothing is beyond what such devices can have', () => {
    for (const { left, right, controller } of moments) {
      for (const battery of [left, right]) {
        expect(numberOf(battery, 'battery_voltage')).toBeGreaterThan(12);
        expect(numberOf(battery, 'battery_voltage')).toBeLessThan(14.6);
        expect(numberOf(battery, 'state_of_charge')).toBeGreaterThan(5);
        expect(battery.values['protections']).toEqual([]);
      }
      expect(numberOf(controller, 'battery_charge_current')).toBeLessThanOrEqual(60);
      expect(numberOf(controller, 'load_current')).toBeLessThanOrEqual(20);
      const power = numberOf(controller, 'battery_voltage') * numberOf(controller, 'battery_charge_current');
      expect(Math.abs(numberOf(controller, 'battery_charge_power') - power)).toBeLessThan(5);
    }
  });

  test('totals only grow, and the day begins at nothing', () => {
    const totals = moments.map(({ controller }) => numberOf(controller, 'battery_energy_charged_total'));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    const today = moments.map(({ controller }) => numberOf(controller, 'battery_energy_charged_today'));
    expect(today.filter((now, index) => now < (today[index - 1] ?? 0)).length).toBeGreaterThan(5);
    expect(Math.max(...today)).toBeLessThan(6000);
  });
});

test('a controller is asked for what it has, and refuses and keeps the rest', () => {
  const workshop = createWorkshop(summer.timing);
  const unit = createLitime(() => workshop.at(summer.timing.startMs).controller);
  const hex = (bytes: string) => Buffer.from(bytes, 'hex');
  const answers = (request: string) =>
    unit.receive(hex(request)).map((bytes) => Buffer.from(bytes).toString('hex'));
  // Another unit, a wrong checksum, half a request: not understood.
  for (const request of ['0203010100135408', '010301010013543c', '01030101'])
    expect(answers(request)).toEqual([]);
  // Load on, as the app writes it; a register that it lacks.
  expect(answers('010601200001483c')).toEqual(['01860183a0']);
  expect(answers('0103200000018fca')).toEqual(['018302c0f1']);
  expect(unit.strange).toEqual(['010601200001483c', '0103200000018fca']);
});
