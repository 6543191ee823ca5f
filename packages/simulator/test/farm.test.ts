// The made-up farm as its devices say it: what the agent's own decoders read agrees from device to device.

import type { Decoded } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { farmDevices } from '../src/demo/farm.ts';
import { readingsAt } from '../src/demo/history.ts';
import { rover60 } from '../src/devices/renogy.ts';
import { createFarm } from '../src/site/farm.ts';
import { numberOf, type Story, week } from './story.ts';

const stepMinutes = 6;
const summer = week(Date.UTC(2026, 5, 1), stepMinutes);
const winter = week(Date.UTC(2026, 11, 14), stepMinutes);

const tell = ({ timing, times }: Story) => {
  const devices = farmDevices(createFarm(timing));
  return times.map((timeMs) => {
    const [[inverter] = [], [controller] = [], [monitor] = [], [stack, ...modules] = []] = devices.map(
      ({ readings }) => readings(timeMs),
    );
    if (inverter && controller && monitor && stack) return { inverter, controller, monitor, stack, modules };
    throw new Error('a device says nothing');
  });
};

const sum = (all: readonly Decoded[], field: string): number =>
  all.reduce((total, each) => total + numberOf(each, field), 0);

describe.each([
  { season: 'summer', moments: tell(summer) },
  { season: 'winter', moments: tell(winter) },
])('a week in $season', ({ moments }) => {
  test('what the panels give is used, stored or lost on the way, and little is lost', () => {
    for (const { inverter, controller, monitor } of moments) {
      const sun = sum([inverter, controller], 'pv_power');
      const used = numberOf(inverter, 'ac_output_power');
      const lost = sun - numberOf(monitor, 'battery_power') - used;
      // Four powers to the watt each.
      expect(lost).toBeGreaterThan(-2);
      expect(lost).toBeLessThan(0.03 * sun + 0.04 * used + 12);
    }
  });

  test('the monitor measures what the modules take together, and what both chargers give', () => {
    for (const { inverter, controller, monitor, stack, modules } of moments) {
      const measured = numberOf(monitor, 'battery_current');
      expect(modules).toHaveLength(3);
      // A tenth of an ampere each, and the whole once more.
      expect(Math.abs(sum(modules, 'battery_current') - measured)).toBeLessThanOrEqual(0.1501);
      expect(Math.abs(numberOf(stack, 'battery_current') - measured)).toBeLessThanOrEqual(0.0501);
      const given = numberOf(controller, 'battery_charge_current') + numberOf(inverter, 'battery_current');
      // The inverter tells whole amperes.
      expect(Math.abs(given - measured)).toBeLessThanOrEqual(0.51);
    }
  });

  test('there is one voltage, the cells are parts of it, and one state of charge', () => {
    for (const { inverter, controller, monitor, stack, modules } of moments) {
      const voltage = numberOf(monitor, 'battery_voltage');
      for (const other of [inverter, controller, stack, ...modules])
        expect(Math.abs(numberOf(other, 'battery_voltage') - voltage)).toBeLessThanOrEqual(0.0551);
      for (const module of modules) {
        const cells = Array.from({ length: 15 }, (_, index) => `cell_voltage_${index + 1}`);
        const all = cells.reduce((total, cell) => total + numberOf(module, cell), 0);
        expect(Math.abs(all - voltage)).toBeLessThan(0.0126);
      }
      const charge = numberOf(monitor, 'state_of_charge');
      for (const other of [inverter, controller, stack])
        expect(Math.abs(numberOf(other, 'state_of_charge') - charge)).toBeLessThan(1.01);
      expect(Math.abs(sum(modules, 'state_of_charge') / 3 - charge)).toBeLessThan(0.51);
    }
  });

  test('nothing is beyond what such devices can have', () => {
    for (const { inverter, controller, monitor, stack, modules } of moments) {
      expect(numberOf(monitor, 'battery_voltage')).toBeGreaterThan(45);
      expect(numberOf(monitor, 'battery_voltage')).toBeLessThan(53.2);
      expect(numberOf(monitor, 'state_of_charge')).toBeGreaterThan(10);
      expect(stack.values['alarms']).toEqual([]);
      for (const module of modules)
        expect(Math.abs(numberOf(module, 'battery_current'))).toBeLessThan(
          numberOf(module, 'battery_discharge_current_limit'),
        );
      expect(numberOf(inverter, 'ac_output_load')).toBeLessThan(100);
      expect(numberOf(controller, 'battery_charge_current')).toBeLessThanOrEqual(rover60.amperes);
      expect(controller.values['faults']).toEqual([]);
    }
  });

  test('the yield of a day is what the power came to', () => {
    let reckonedWh = 0;
    let toldWh = 0;
    for (const { controller } of moments) {
      const told = numberOf(controller, 'pv_energy_today');
      // From local midnight.
      if (told < toldWh) reckonedWh = 0;
      toldWh = told;
      reckonedWh += summer.stepHours * numberOf(controller, 'pv_power');
      expect(Math.abs(told - reckonedWh)).toBeLessThan(0.04 * reckonedWh + 60);
    }
    expect(moments.some(({ controller }) => numberOf(controller, 'pv_power') > 300)).toBe(true);
  });
});

test('two dark months do not empty the stack', () => {
  const farm = createFarm({ startMs: Date.UTC(2026, 10, 24), seed: 7, localOffsetMs: 0 });
  const hours = Array.from({ length: 60 * 24 }, (_, hour) => Date.UTC(2026, 10, 24, hour));
  const charges = hours.map((timeMs) => farm.at(timeMs).monitor.charge);
  expect(Math.min(...charges)).toBeGreaterThan(10);
});

test('what has been stands under the topics and families that the agent uses', () => {
  const said = readingsAt(farmDevices(createFarm(summer.timing)), summer.timing.startMs);
  expect(said.map(({ topic, definition, kind }) => [topic, definition, kind])).toEqual([
    ['voltronic/inverter/farm-inverter', 'voltronic-pi18', 'inverter'],
    ['renogy/solar_charger/farm-controller', 'renogy-controller', 'solar_charger'],
    ['victron/smartshunt/farm-monitor', 'victron-gatt', 'battery'],
    ['can/battery/farm-stack', 'can-victron', 'battery'],
    ...[1, 2, 3].map((module) => [`can/battery/farm-stack_module_${module}`, 'can-dyness', 'battery']),
  ]);
});
