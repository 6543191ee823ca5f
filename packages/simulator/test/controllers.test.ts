// Controllers of the made-up site that are asked: what they answer is what the site shows, by the definitions.

import { decodeRequest, familyOf, openConversation, poll } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { createLitime } from '../src/devices/litime.ts';
import { createRenogy, type RenogyState } from '../src/devices/renogy.ts';
import { createHexPort } from '../src/devices/vedirect-hex.ts';
import { createSite } from '../src/site/site.ts';

const startMs = Date.UTC(2026, 5, 1, 10);
const shed = () => createSite(startMs, 7, 7_200_000).at(startMs).shed;

interface Speaker {
  receive(bytes: Uint8Array): Uint8Array[];
}

/** One poll, its answers as the device gives them. */
function pollOf(id: string, device: Speaker) {
  const definition = familyOf(id);
  const session = poll(definition, openConversation({ medium: 'serial' }), { wallMs: 0, uptimeMs: 0 });
  let step = session.next();
  while (!step.done) {
    const answers = device.receive(step.value.request);
    try {
      const [taken] = answers.map(step.value.take);
      if (taken?.answer === undefined) throw new Error(`${id} has no answer`);
      step = session.next(taken.answer);
    } catch (error) {
      step = session.throw(error);
    }
  }
  return step.value;
}

const rover: RenogyState = {
  ...{ charge: 0.64, voltage: 12.8, chargeCurrent: 4.25, deviceTemperature: 27, batteryTemperature: -6 },
  ...{ loadCurrent: 1.5, isLoadOn: true, pvVoltage: 34.2, pvCurrent: 1.6, stage: 'absorption', days: 42 },
  today: { voltageMin: 12.4, voltageMax: 14.1, chargePowerMax: 212, generatedWh: 640, consumedWh: 128 },
  ...{ generatedTotalWh: 65_936, consumedTotalWh: 20_480, faults: 0x0101_0000 },
};

test('a Renogy controller answers all its blocks, and no request but those that read', () => {
  const controller = createRenogy(() => rover);
  expect(pollOf('renogy-controller', controller)).toMatchObject([
    {
      ...{ record: 'status', model: 'RNG-CTRL-RVR40' },
      values: {
        ...{ state_of_charge: 64, battery_voltage: 12.8, battery_charge_current: 4.25 },
        ...{ device_temperature: 27, battery_temperature: -6, charge_state: 'absorption' },
        ...{ load_on: true, load_voltage: 12.8, load_current: 1.5, load_power: 19 },
        ...{ pv_voltage: 34.2, pv_current: 1.6, pv_power: 55, operating_time: 42 * 86_400 },
        ...{ battery_voltage_min_today: 12.4, battery_voltage_max_today: 14.1 },
        ...{ battery_charge_power_max_today: 212, pv_energy_today: 640, load_energy_today: 128 },
        ...{ pv_energy_total: 65_936, load_energy_total: 20_480, battery_throughput_charged_total: 5151 },
        ...{ faults: ['battery_over_discharged', 'pv_short_circuit'], warnings: [] },
        ...{ battery_voltage_rated: 12, battery_charge_current_rated: 40, firmware_version: '2.1.5' },
        ...{ hardware_version: '1.0.3', serial_number: '15060012' },
        ...{ setting_battery_capacity: 200, setting_battery_type: 'gel' },
      },
    },
  ]);
  expect(controller.strange).toEqual([]);
  // Load on: 0001 into 010A, as the maker's document prints it for unit 1.
  const [refusal] = controller.receive(Buffer.from('ff06010a00017c2a', 'hex'));
  expect(Buffer.from(refusal ?? []).toString('hex')).toMatch(/^ff8601/);
  expect(controller.strange).toEqual(['ff06010a00017c2a']);
});

test('a LiTime controller answers both its records, and no request but those that read', () => {
  const controller = createLitime(() => ({
    ...{ charge: 0.72, voltage: 13.2, chargeCurrent: 5.5, deviceTemperature: 31, batteryTemperature: -4 },
    ...{ loadCurrent: 1.25, isLoadOn: true, pvVoltage: 36.5, chargePowerMaxToday: 410, chargedTodayWh: 1234 },
    ...{ loadTodayWh: 321, stage: 'bulk', days: 100, chargedTotalWh: 812_340, loadTotalWh: 70_000 },
  }));
  expect(pollOf('litime-mppt', controller)).toMatchObject([
    {
      ...{ record: 'status rating', model: 'BT-LTMPPT4860' },
      values: {
        ...{ state_of_charge: 72, battery_voltage: 13.2, battery_charge_current: 5.5, charge_state: 'bulk' },
        ...{ device_temperature: 31, battery_temperature: -4, load_on: true, load_current: 1.25 },
        ...{ battery_energy_charged_total: 812_340, load_energy_total: 70_000, operating_time: 8_640_000 },
      },
    },
  ]);
  expect(controller.strange).toEqual([]);
  const [refusal] = controller.receive(Buffer.from('010601200001483c', 'hex'));
  expect(Buffer.from(refusal ?? []).toString('hex')).toMatch(/^018601/);
  expect(controller.strange).toEqual(['010601200001483c']);
});

test('a VE.Direct port answers in HEX what its text says, and tells some of it unasked', () => {
  const port = createHexPort(shed);
  const [reading] = pollOf('vedirect-hex', port);
  const { product_code, charge_state, serial_number, pv_power: power } = shed();
  expect(reading).toMatchObject({
    record: 'solar_charger',
    values: { product_code, charge_state, serial_number },
  });
  expect(reading?.values['pv_power']).toBeCloseTo(Number(power), 2);
  expect(port.strange).toEqual([]);
  const [state] = port.unasked().map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(decodeRequest({ definition: 'vedirect-hex', bytes: state })).toMatchObject({
    values: { charge_state },
  });
  port.receive(Buffer.from(':8F0ED0064000C\n'));
  expect(port.strange).toEqual([':8F0ED0064000C']);
});
