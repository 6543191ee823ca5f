// A device whose characteristics are read one by one, over noble on the virtual radio.

import { familyOf, openConversation, poll, requestForms } from '@wattline/protocols';
import { expect, test } from 'vitest';
import type { AxpertState } from '../../simulator/src/devices/axpert.ts';
import { createAxpertPeripheral } from '../../simulator/src/devices/axpert-peripheral.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { runSession } from '../src/reading/exchange.ts';
import { startTimer } from '../src/reading/pacer.ts';
import { battery, jbd, onCable } from './asked-battery.ts';
import { radioOn } from './gatt-rigs.ts';

const address = 'A4:C1:38:00:00:01';

test('an Axpert is read through whatever service has its characteristics; trackers that it lacks are left out', async () => {
  const radio = createVirtualRadio({ supervisionMs: 20 });
  const state: AxpertState = {
    ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 229.9, frequency: 50, acOutputPower: 745 },
    ...{
      batteryVoltage: 52.78,
      batteryCurrent: 18,
      charge: 76,
      heatsink: 41,
      pvVoltage: 319.2,
      pvPower: 1946,
    },
    ...{ pvEnergyToday: 0, pvEnergyTotal: 0, clock: '' },
  };
  radio.add(createAxpertPeripheral(() => state, { address, intervalMs: 10 }));
  radio.add(createPeripheral({ address: 'C0:00:00:00:00:09', intervalMs: 10, connectable: false }));
  const definition = familyOf('voltronic-ble');
  const media = definition.media.filter((medium) => medium.medium === 'gatt-values');
  const signal = new AbortController().signal;
  const link = await radioOn(radio).connect({ address, media })(signal);
  const session = poll(definition, openConversation({ medium: 'gatt-values' }), { wallMs: 0, uptimeMs: 0 });
  const [reading] = await runSession(session, {
    ...{ link, signal, forms: requestForms(definition), namesQuestion: true, startTimer },
  });
  expect(reading?.record).toBe('2A03 2A04 2A01 2A02 2A05 2A0C 2A0D 2A0E 2A11');
  expect(reading?.values).toMatchObject({
    ...{ ac_output_power: 745, battery_voltage: 52.78, battery_current: 18, state_of_charge: 76 },
    ...{ device_state: 'battery', ac_input_lost: true, pv_power: 1946, ac_input_voltage_rated: 230 },
  });
  await link.close();
  radio.close();
});

test('a SmartShunt is read, what it does not measure left out', async () => {
  const radio = createVirtualRadio({ supervisionMs: 20 });
  const suffix = '-4bda-4c1e-af4b-551c4cf74769';
  const values = { ed8d: '1405', ed8c: 'c2e1ffff', '0fff': 'ac26', '0ffe': 'ffff' };
  const asked: string[] = [];
  const characteristics = Object.entries(values).map(([register, value]) => ({
    uuid: `6597${register}${suffix}`,
    properties: ['read'] as const,
    onRead: () => {
      asked.push(register);
      return Buffer.from(value, 'hex');
    },
  }));
  const services = [{ uuid: `65970000${suffix}`, characteristics }];
  radio.add(createPeripheral({ address, intervalMs: 10, services }));
  const definition = familyOf('victron-gatt');
  const media = definition.media.filter((medium) => medium.medium === 'gatt-values');
  const signal = new AbortController().signal;
  const link = await radioOn(radio).connect({ address, media })(signal);
  const conversation = openConversation({ medium: 'gatt-values' });
  const carrier = { link, signal, forms: requestForms(definition), namesQuestion: true, startTimer };
  for (let polls = 0; polls < 2; polls++) {
    const session = poll(definition, conversation, { wallMs: 0, uptimeMs: 0 });
    expect(await runSession(session, carrier)).toEqual([
      {
        ...{ record: 'smartshunt', kind: 'battery' },
        values: {
          ...{ battery_voltage: 13, battery_current: -7.742, state_of_charge: 99, time_to_go: null },
          battery_power: -100.646,
        },
      },
    ]);
  }
  expect(asked).toHaveLength(8);
  await link.close();
  radio.close();
});

test.each([undefined, true])(
  'a link that the device would end is released, kept as configured: %s',
  async (keep) => {
    const definition = { ...jbd, ask: { namesQuestion: true, ...jbd.ask, hangsUp: true } } as const;
    const bank = battery({ ...onCable, definition, ...(keep ? { keepsConnected: keep } : {}) });
    await bank.time.passTo(25_000);
    expect(bank.closed()).toBe(keep ? 0 : 3);
    await bank.stop();
  },
);
