// The whole agent and a SmartShunt that is read by a connection, on the virtual radio.

import { expect, test } from 'vitest';
import { createSmartShunt, type SmartShuntState } from '../../simulator/src/devices/smartshunt-peripheral.ts';
import { agentFile, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';

test('a SmartShunt is read by once, let go, and told nothing; what was recorded stands in for it', async () => {
  const site = await openInstallation();
  const broker = await startAedes();
  const observer = await subscribeAll(broker, 4);
  const state: SmartShuntState = {
    ...{ voltage: 13.05, current: -7.742, charge: 87.5, consumedAh: 25.3, minutesToGo: 612 },
  };
  const address = 'D1:05:00:00:00:01';
  const shunt = createSmartShunt(() => state, { address, name: 'SmartShunt', intervalMs: 100 });
  site.put(shunt.peripheral);
  const devices = [`{ name: bank, definition: victron-gatt, address: "${address}" }`];
  site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
  const values = {
    ...{ battery_voltage: 13.05, battery_current: -7.742, battery_power: -101, state_of_charge: 87.5 },
    ...{ battery_capacity_consumed: 25.3, time_to_go: 36_720, starter_battery_voltage: null },
  };
  expect(await site.agent(['once']).ended).toMatchObject({ code: 0 });
  const [reading] = observer.arrivals.filter(({ topic }) => topic === 'victron/battery/bank');
  expect(JSON.parse(reading?.payload ?? '')).toMatchObject({ ...values, _definition: 'victron-gatt' });
  expect(shunt.peripheral.link).toBeUndefined();

  expect(await site.agent(['record', 'bank', '--out', 'bank.jsonl', '--for', '3s']).ended).toMatchObject({
    code: 0,
  });
  shunt.peripheral.vanish();
  const replayed = await site.agent(['--replay', 'bank.jsonl', 'read', 'bank', '--json']).ended;
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(replayed.stdout).values).toMatchObject(values);
  expect(shunt.strange).toEqual([]);
});
