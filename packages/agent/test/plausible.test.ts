import { randomBytes } from 'node:crypto';
import { definitions } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { vectorsOf } from '../../protocols/test/vectors.ts';
import { doubtful, judge } from '../src/reading/plausible.ts';

const victron = definitions.find(({ id }) => id === 'victron-ble');

test('codes that no device sends, shares beyond 100 % and impossible temperatures are doubted', () => {
  expect(
    doubtful({
      ...{ charge_state: 'unknown_85', alarms: ['low_voltage', 'unknown_14'], state_of_charge: 102.3 },
      ...{ battery_temperature: -128, battery_voltage: 13.2, device_error: null, load_on: true },
    }),
  ).toEqual([
    'charge_state unknown_85',
    'alarms low_voltage,unknown_14',
    'state_of_charge 102.3 %',
    'battery_temperature -128 °C',
  ]);
});

test('what devices really sent is not doubted', () => {
  for (const { values, source, name } of vectorsOf('victron-ble')) {
    if (values === undefined || !/capture|github/i.test(source)) continue;
    expect(doubtful(values), name).toEqual([]);
  }
});

test('most wrong keys that begin like the right one show', () => {
  const captured = vectorsOf('victron-ble').find(
    ({ record, secret }) => record === '0x01' && secret !== undefined,
  );
  const payload = Buffer.from(captured?.bytes ?? '', 'hex');
  let shown = 0;
  for (let count = 0; count < 200; count++) {
    const key = Buffer.concat([Buffer.from(captured?.secret ?? '', 'hex').subarray(0, 1), randomBytes(15)]);
    try {
      const decoded = victron?.hear?.decode({ source: 0x02e1, payload }, key);
      if (decoded !== undefined && 'values' in decoded && doubtful(decoded.values).length > 0) shown++;
    } catch {
      // Bits that are not used told it already.
      shown++;
    }
  }
  expect(shown).toBeGreaterThan(170);
});

test('a value beyond its limits becomes unknown, and the others stay', () => {
  const values = { battery_voltage: 6553.5, state_of_charge: 96, cell_voltage_1: 3.3, model: 'X' };
  expect(judge(values)).toEqual({
    values: { ...values, battery_voltage: null },
    implausible: ['battery_voltage (expected -1000 to 1500 V)'],
  });
  const sound = { battery_voltage: 52.1, battery_temperature_1: null };
  expect(judge(sound)).toEqual({ values: sound, implausible: [] });
  expect(judge({ battery_voltage: Number.NaN }).values).toEqual({ battery_voltage: null });
});

test('no battery holds more than all, while a load may be more than its rating', () => {
  expect(judge({ state_of_charge: 101, state_of_health: 255, humidity: 128, ac_output_load: 130 })).toEqual({
    values: { state_of_charge: null, state_of_health: null, humidity: null, ac_output_load: 130 },
    implausible: [
      'state_of_charge (expected 0 to 100 %)',
      'state_of_health (expected 0 to 100 %)',
      'humidity (expected 0 to 100 %)',
    ],
  });
  const own = { '%': { least: 0, most: 120 }, state_of_health: { least: 0, most: 110 } };
  expect(judge({ state_of_charge: 101, state_of_health: 105 }, own).values).toEqual({
    state_of_charge: null,
    state_of_health: 105,
  });
});

test('limits of a field come before those of its unit, and both before the defaults', () => {
  const own = { V: { least: 0, most: 60 }, cell_voltage_1: { least: 2, most: 4 } };
  const values = { battery_voltage: 61, cell_voltage_1: 1, cell_voltage_2: 1 };
  expect(judge(values, own).values).toEqual({
    battery_voltage: null,
    cell_voltage_1: null,
    cell_voltage_2: 1,
  });
});

test('nothing that devices really sent is beyond the limits', () => {
  for (const { id } of definitions)
    for (const { values, name } of vectorsOf(id))
      if (values !== undefined) expect(judge(values).implausible, `${id} ${name}`).toEqual([]);
});
