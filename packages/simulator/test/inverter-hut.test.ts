// The made-up inverter hut as its devices say it: what the agent's own decoders read agrees from device to device.

import type { Decoded } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { readingsAt } from '../src/demo/history.ts';
import { inverterHutDevices } from '../src/demo/inverter-hut.ts';
import { createInverterHut } from '../src/site/inverter-hut.ts';
import { numberOf, type Story, week } from './story.ts';

const stepMinutes = 6;
const summer = week(Date.UTC(2026, 5, 1), stepMinutes);
const winter = week(Date.UTC(2026, 11, 14), stepMinutes);

const tell = ({ timing, times }: Story) => {
  const devices = inverterHutDevices(createInverterHut(timing));
  return times.map((timeMs) => {
    const [parallel = [], [single] = [], [stack] = []] = devices.map(({ readings }) => readings(timeMs));
    if (single === undefined || stack === undefined) throw new Error('a device says nothing');
    return { parallel, single, stack, inverters: [...parallel, single] };
  });
};

const sum = (all: readonly Decoded[], field: string): number =>
  all.reduce((total, each) => total + numberOf(each, field), 0);

describe.each([
  { season: 'summer', moments: tell(summer) },
  { season: 'winter', moments: tell(winter) },
])('a week in $season', ({ moments }) => {
  test('the one at the cable tells of three, and only of its own panels', () => {
    for (const { parallel, single } of moments) {
      expect(parallel.map(({ part }) => part)).toEqual([undefined, 'unit_1', 'unit_2']);
      expect(parallel.map(({ values }) => typeof values['pv_power'])).toEqual([
        'number',
        'undefined',
        'undefined',
      ]);
      expect(single.values['device_state']).toBe('battery');
    }
  });

  test('what the panels give is used, stored or lost on the way, and little is lost', () => {
    for (const { parallel, single, stack, inverters } of moments) {
      const [first] = parallel;
      const sun = sum(first === undefined ? [] : [first, single], 'pv_power');
      const stored = numberOf(stack, 'battery_power');
      const used = sum(inverters, 'ac_output_power');
      const lost = sun - stored - used;
      // Of the stack a tenth of an ampere is told, of the powers a watt.
      const rounding = 0.05 * 55 + 6 * 0.5;
      expect(lost).toBeGreaterThan(-rounding);
      expect(lost).toBeLessThan(0.01 * sun + 0.04 * used + 32 + rounding);
    }
  });

  test('the stack takes what the inverters give it', () => {
    for (const { inverters, stack } of moments) {
      const given = sum(inverters, 'battery_current');
      // Each inverter tells whole amperes.
      expect(Math.abs(given - numberOf(stack, 'battery_current'))).toBeLessThanOrEqual(0.5 * 4 + 0.05);
    }
  });

  test('there is one voltage, and one state of charge', () => {
    for (const { inverters, stack } of moments) {
      for (const inverter of inverters) {
        const difference = numberOf(inverter, 'battery_voltage') - numberOf(stack, 'battery_voltage');
        expect(Math.abs(difference)).toBeLessThan(0.06);
        const charge = numberOf(inverter, 'state_of_charge') - numberOf(stack, 'state_of_charge');
        expect(Math.abs(charge)).toBeLessThanOrEqual(0.5001);
      }
    }
  });

  test('nothing is beyond what such devices can have', () => {
    for (const { inverters, stack } of moments) {
      expect(numberOf(stack, 'battery_voltage')).toBeGreaterThan(45);
      expect(numberOf(stack, 'battery_voltage')).toBeLessThan(53.2);
      expect(numberOf(stack, 'state_of_charge')).toBeGreaterThan(10);
      expect(numberOf(stack, 'battery_current')).toBeLessThan(150);
      expect(stack.values['protections']).toEqual([]);
      for (const inverter of inverters) {
        expect(numberOf(inverter, 'ac_output_load')).toBeLessThan(100);
        // The most that it is set to.
        expect(numberOf(inverter, 'battery_charge_current')).toBeLessThanOrEqual(60);
      }
    }
  });

  test('the yield of a day is what the power came to', () => {
    let reckonedWh = 0;
    let toldWh = 0;
    for (const { parallel, single } of moments) {
      const [first] = parallel;
      const told = first?.values['pv_energy_today'];
      // Told every ten minutes; from local midnight.
      if (typeof told === 'number' && told < toldWh) reckonedWh = 0;
      reckonedWh += summer.stepHours * (first === undefined ? 0 : numberOf(first, 'pv_power'));
      if (typeof told === 'number') {
        toldWh = told;
        expect(Math.abs(told - reckonedWh)).toBeLessThan(0.04 * reckonedWh + 120);
      }
      expect(single.values['pv_power']).toBeDefined();
    }
    expect(moments.some(({ parallel }) => numberOf(parallel[0] as Decoded, 'pv_power') > 1000)).toBe(true);
  });
});

test('two dark months do not empty the stack', () => {
  const hut = createInverterHut({ startMs: Date.UTC(2026, 10, 24), seed: 7, localOffsetMs: 0 });
  const hours = Array.from({ length: 60 * 24 }, (_, hour) => Date.UTC(2026, 10, 24, hour));
  const charges = hours.map((timeMs) => hut.at(timeMs).stack.stateOfCharge);
  expect(Math.min(...charges)).toBeGreaterThan(10);
});

test('what has been stands under the topics that the agent uses', () => {
  const hut = createInverterHut(summer.timing);
  const said = readingsAt(inverterHutDevices(hut), summer.timing.startMs);
  expect(said.map(({ topic, definition, kind }) => [topic, definition, kind])).toEqual([
    ['voltronic/inverter/hut-axpert', 'voltronic-pi30', 'inverter'],
    ['voltronic/inverter/hut-axpert_unit_1', 'voltronic-pi30', 'inverter'],
    ['voltronic/inverter/hut-axpert_unit_2', 'voltronic-pi30', 'inverter'],
    ['voltronic/inverter/hut-vm3', 'voltronic-ble', 'inverter'],
    ['can/battery/hut-stack', 'can-pylontech', 'battery'],
  ]);
});
