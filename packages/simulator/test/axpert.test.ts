// The simulated Axperts, asked by the product's own conversation over a pipe that cuts bytes into reports.

import { familyOf, openConversation, poll, takeOrSkip } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { type Axpert, type AxpertState, createAxpert, toReports } from '../src/devices/axpert.ts';

const shown: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 230.2, frequency: 50, acOutputPower: 920 },
  ...{ batteryVoltage: 52.78, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 5800, pvEnergyTotal: 238_800, clock: '20210726122606' },
};

/** One poll; every answer comes in reports of eight bytes. */
function ask(axpert: Axpert) {
  const definition = familyOf('voltronic-pi30');
  const session = poll(definition, openConversation({ medium: 'hid' }), { wallMs: 0, uptimeMs: 0 });
  for (let step = session.next(); ; ) {
    if (step.done) return step.value;
    const sent = toReports(step.value.request).flatMap((report) => axpert.receive(report));
    const heard = Buffer.concat(sent.flatMap((line) => toReports(line)));
    try {
      const { answer = new Uint8Array(), damaged } = takeOrSkip(step.value.take, heard);
      expect(damaged).toEqual([]);
      step = session.next(answer);
    } catch (error) {
      step = session.throw(error);
    }
  }
}

test('a unit tells what it shows, and is asked nothing but inquiries', () => {
  const axpert = createAxpert({ serial: '92931701100510', state: () => shown });
  const [reading, ...others] = ask(axpert);
  expect(others).toEqual([]);
  expect(reading?.values).toMatchObject({
    ...{
      serial_number: '92931701100510',
      device_state: 'battery',
      ac_output_voltage: 230.2,
      ac_output_power: 920,
    },
    ...{ battery_voltage: 52.78, battery_current: 18, state_of_charge: 76, heatsink_temperature: 41 },
    ...{
      pv_voltage_1: 319.2,
      pv_current_1: 6.1,
      pv_power: 1946,
      pv_energy_today: 5800,
      pv_energy_total: 238_800,
    },
    ...{ ac_input_lost: true, charging_from_pv: true, charging_from_ac: false, ac_output_power_rated: 5000 },
  });
  expect(axpert.strange).toEqual([]);
});

test('three in parallel are three devices, with their sums once', () => {
  const units = [0, 1, 2].map((number) => ({
    serial: `9293170110051${number}`,
    state: (): AxpertState => ({ ...shown, acOutputPower: 100 + number, batteryCurrent: -number }),
  }));
  const readings = ask(createAxpert(units[1] ?? { serial: '', state: () => shown }, units));
  expect(
    readings.map(({ part, values }) => [part, values['ac_output_power'], values['battery_current']]),
  ).toEqual([
    [undefined, 101, -1],
    ['unit_0', 100, 0],
    ['unit_2', 102, -2],
  ]);
  expect(readings.map(({ values }) => values['system_ac_output_power'])).toEqual([303, undefined, undefined]);
});

test('a command that would set something is refused and kept', () => {
  const axpert = createAxpert({ serial: '92931701100510', state: () => shown });
  const [answer] = axpert.receive(Buffer.from('504f503032e20b0d', 'hex'));
  expect(Buffer.from(answer ?? []).toString('hex')).toBe('284e414b73730d');
  expect(axpert.strange).toHaveLength(1);
});
