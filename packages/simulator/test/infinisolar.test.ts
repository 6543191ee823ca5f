// The simulated InfiniSolar, asked by the product's own conversation, and against lines captured from real ones.

import { expect, test } from 'vitest';
import { polled } from '../src/demo/poll.ts';
import type { AxpertState, AxpertUnit } from '../src/devices/axpert.ts';
import { createInfiniSolar } from '../src/devices/infinisolar.ts';

const shown: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 230.2, frequency: 50, acOutputPower: 920 },
  ...{ batteryVoltage: 52.8, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 5800, pvEnergyTotal: 238_800, clock: '20210726122606' },
};
const single: AxpertUnit = { serial: '96161704100242', state: () => shown };

test('answers to the bytes what a captured one answers', () => {
  const unit = createInfiniSolar(single);
  const answers = (request: string) =>
    unit.receive(Buffer.from(request, 'hex')).map((line) => Buffer.from(line).toString('hex'));
  expect(answers('5e50303035494419cd0d')).toEqual([
    '5e44303235313439363136313730343130303234323030303030306c650d',
  ]);
  expect(answers('5e503030364d4f44ddbe0d')).toEqual(['5e443030353033b9590d']);
  expect(answers('5e50303035504971')).toEqual([]);
  expect(answers('8b0d')).toEqual(['5e4430303531383b030d']);
  expect(unit.strange).toEqual([]);
});

test('tells what it shows, and is asked nothing but inquiries', () => {
  const unit = createInfiniSolar(single);
  const [reading, ...others] = polled('voltronic-pi18', 'serial', () => unit.receive)(0);
  expect(others).toEqual([]);
  expect(reading?.values).toMatchObject({
    ...{ serial_number: '96161704100242', device_state: 'battery', ac_output_voltage: 230.2 },
    ...{ ac_output_power: 920, ac_output_load: 18, battery_voltage: 52.8, battery_current: 18 },
    ...{ state_of_charge: 76, heatsink_temperature: 41, pv_voltage_1: 319.2, pv_power: 1946 },
    ...{ pv_energy_today: 5800, pv_energy_total: 238_800, ac_input_lost: true, battery_state: 'charging' },
  });
  expect(unit.strange).toEqual([]);
});

test('two in parallel are two devices', () => {
  const units = [0, 1].map(
    (number): AxpertUnit => ({
      serial: `9616170410024${number}`,
      state: () => ({ ...shown, acOutputPower: 100 + number, batteryCurrent: -number }),
    }),
  );
  const unit = createInfiniSolar(units[1] as AxpertUnit, units);
  const readings = polled('voltronic-pi18', 'serial', () => unit.receive)(0);
  expect(
    readings.map(({ part, values }) => [part, values['ac_output_power'], values['battery_current']]),
  ).toEqual([
    [undefined, 101, -1],
    ['unit_0', 100, 0],
  ]);
  expect(readings[0]?.values['system_ac_output_power']).toBe(201);
});

test('a command that would set something is refused and kept', () => {
  const unit = createInfiniSolar(single);
  // Load output on.
  const [answer] = unit.receive(Buffer.from('5e533030364c4f4e31d3a80d', 'hex'));
  expect(Buffer.from(answer ?? []).toString('hex')).toBe('5e301be30d');
  expect(unit.strange).toHaveLength(1);
});
