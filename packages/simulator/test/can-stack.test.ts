// A simulated stack says in frames what the site's bank is, and both ways of speaking say the same.

import { decodeRequest } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import {
  createUsbCanAdapter,
  dynessFrames,
  pylontechFrames,
  victronFrames,
} from '../src/devices/can-battery.ts';
import { stackOf } from '../src/devices/can-stack.ts';
import { createBank, stepBank } from '../src/site/bank.ts';

const options = { capacityAh: 300, cells: 16, charge: 0.6 };

function shown(definition: string, frames: ReturnType<typeof pylontechFrames>) {
  const bytes = frames.map(({ id, data }) => ({ id, data: Buffer.from(data).toString('hex') }));
  const answer = decodeRequest({ definition, bytes });
  if (!('readings' in answer)) throw new Error(JSON.stringify(answer));
  return Object.assign({}, ...answer.readings.map(({ values }) => values));
}

describe.each([
  ['can-pylontech', pylontechFrames],
  ['can-victron', victronFrames],
] as const)('%s', (definition, framesOf) => {
  test('shows voltage, current and charge of the bank that it is', () => {
    const bank = createBank(options);
    stepBank(bank, options, -800, 60_000);
    const values = shown(definition, framesOf(stackOf(bank, options, -3.5)));
    expect(values.battery_voltage).toBeCloseTo(bank.voltageV, 1);
    expect(values.battery_current).toBeCloseTo(bank.currentA, 0);
    expect(values.battery_current).toBeLessThan(0);
    expect(values).toMatchObject({
      ...{ state_of_charge: Math.round(bank.charge * 100), battery_temperature: -3.5 },
      ...{ battery_charge_voltage_limit: 56, battery_charge_current_limit: 150 },
    });
  });

  test('takes no more current when it is full', () => {
    const bank = createBank({ ...options, charge: 1 });
    stepBank(bank, options, 100, 1000);
    const values = shown(definition, framesOf(stackOf(bank, options, 20)));
    expect(values).toMatchObject({ state_of_charge: 100, battery_charge_current_limit: 0 });
    if (definition === 'can-pylontech')
      expect(values).toMatchObject({ charge_allowed: false, discharge_allowed: true });
  });
});

test('modules of a Dyness stack are told apart, and say what they are', () => {
  const cells = Array.from({ length: 15 }, (_, index) => 3.3 + index / 500);
  const module = {
    ...{ cellVoltages: cells, current: -12.4, temperature: -3.5, dischargeCurrentLimit: 80 },
    ...{ cycles: 311, stateOfHealth: 98, stateOfCharge: 64 },
  };
  const stack = dynessFrames([module, { ...module, current: 7.5, stateOfCharge: 66 }]);
  const bytes = stack.map(({ id, data }) => ({ id, data: Buffer.from(data).toString('hex') }));
  const answer = decodeRequest({ definition: 'can-dyness', bytes });
  const common = {
    ...{ battery_voltage: 49.71, cell_voltage_1: 3.3, cell_voltage_15: 3.328, cell_voltage_16: null },
    ...{ battery_temperature_4: -3.5, bms_temperature: -3.5, battery_cycle_count: 311 },
    ...{ battery_discharge_current_limit: 80, cell_voltage_mean: 3.314, state_of_health: 98 },
    ...{ cell_voltage_max_position: '15', cell_voltage_min_position: '1', cell_temperature_min: -3.5 },
    ...{ protections: [], warnings: [], faults: [], charge_mos_on: true, discharge_mos_on: true },
  };
  expect(answer).toMatchObject({
    readings: [
      { values: { ...common, battery_current: -12.4, state_of_charge: 64 } },
      { values: { ...common, battery_current: 7.5, state_of_charge: 66 } },
    ],
  });
});

describe('a USB-CAN-A', () => {
  const settings = 'aa55120301000000000000000002010000000019';

  test('takes its settings, and keeps everything else that it was sent', () => {
    const adapter = createUsbCanAdapter();
    expect(adapter.isSet()).toBe(false);
    for (const byte of Buffer.from(settings, 'hex')) adapter.receive(Uint8Array.of(byte));
    expect(adapter.settings).toEqual([settings]);
    expect(adapter.strange()).toBe('');
    adapter.receive(Buffer.from('aac85103', 'hex'));
    expect(adapter.strange()).toBe('aac85103');
  });

  test('does not take settings whose checksum is wrong', () => {
    const adapter = createUsbCanAdapter();
    adapter.receive(Buffer.from(settings.replace(/19$/, '18'), 'hex'));
    expect(adapter.isSet()).toBe(false);
    expect(adapter.strange()).toHaveLength(40);
  });
});
