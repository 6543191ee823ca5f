// A device whose characteristics are read one by one, over noble on the virtual radio.

import { definitions, openConversation, poll, requestForms } from '@wattline/protocols';
import { expect, test } from 'vitest';
import type { AxpertState } from '../../simulator/src/devices/axpert.ts';
import { createAxpertPeripheral } from '../../simulator/src/devices/axpert-peripheral.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { runSession } from '../src/reading/exchange.ts';
import { startTimer } from '../src/reading/pacer.ts';
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
  const definition = definitions.find(({ id }) => id === 'voltronic-ble');
  if (definition === undefined) throw new Error('no voltronic-ble');
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
