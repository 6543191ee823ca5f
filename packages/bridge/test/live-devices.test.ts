import { describe, expect, test } from 'vitest';
import { createAgents } from '../src/live/agents.ts';
import { deviceId } from '../src/live/device-id.ts';
import { createDevices } from '../src/live/devices.ts';
import { fieldsMax } from '../src/live/newest.ts';
import { agentStateOf, readingOf } from './in-memory-log.ts';

const roof = 'victron/solar_charger/roof';

function site() {
  const agents = createAgents();
  const devices = createDevices(agents);
  const view = (name: string, nowMs: number) => {
    const device = devices.find(name);
    return device && devices.view(device.id, nowMs);
  };
  return { agents, devices, view };
}

describe('the values of a device', () => {
  test('a value that the newest reading lacks keeps its own time and age', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 1_000, { pv_power: 100, serial_number: 'HQ1' }));
    devices.accept(readingOf(roof, 11_000, { pv_power: 120 }));
    const values = view('roof', 12_000)?.values;
    expect(values?.['pv_power']).toEqual({
      value: 120,
      unit: 'W',
      kind: 'gauge',
      time: 11_000,
      age: 1,
      flow: { node: 'sun', sign: 1 },
    });
    expect(values?.['serial_number']).toMatchObject({ value: 'HQ1', time: 1_000, age: 11 });
  });
  test('a value of another type than its field is unknown, never shown with the unit', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 1_000, { battery_voltage: 'abc', charge_state: 3, pv_energy_today: 10 }));
    const values = view('roof', 2_000)?.values;
    expect([values?.['battery_voltage']?.value, values?.['charge_state']?.value]).toEqual([null, null]);
    expect(values?.['pv_energy_today']?.value).toBe(10);
  });
  test('a reading that comes late fills what is unknown and replaces nothing newer', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 60_000, { pv_power: 100 }));
    devices.accept(readingOf(roof, 20_000, { pv_power: 50, battery_voltage: 13.1 }, { receivedMs: 61_000 }));
    const device = view('roof', 61_000);
    expect(device?.time).toBe(60_000);
    expect(device?.values['pv_power']).toMatchObject({ value: 100, time: 60_000 });
    expect(device?.values['battery_voltage']).toMatchObject({ value: 13.1, time: 20_000, age: 41 });
  });
  test('a value that became unknown is null at once, never the last number', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 1_000, { pv_power: 100 }));
    devices.accept(readingOf(roof, 2_000, { pv_power: null }));
    expect(view('roof', 2_000)?.values['pv_power']).toMatchObject({ value: null, time: 2_000 });
  });
  test('a clock that runs years ahead makes nothing look new: a reading is never younger than its arrival', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 4e12, { pv_power: 1 }, { receivedMs: 1_000 }));
    expect(view('roof', 301_000)).toMatchObject({ state: 'lost', time: 1_000, age: 300 });
    devices.accept(readingOf(roof, 302_000, { pv_power: 2 }));
    expect(view('roof', 302_000)?.values['pv_power']).toMatchObject({ value: 2 });
  });
  test('a set flag and an error are problems, an empty list and none are not', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 1, { device_error: 'battery_voltage_high' }));
    expect(view('roof', 1)?.values['device_error']?.problem).toBe(true);
    devices.accept(readingOf(roof, 2, { device_error: 'none' }));
    expect(view('roof', 2)?.values['device_error']).not.toHaveProperty('problem');
  });
  test('a device that invents field names forgets those it named longest ago', () => {
    const { devices, view } = site();
    for (let time = 0; time <= fieldsMax; time++)
      devices.accept(readingOf(roof, time, { [`field_${time}`]: time }));
    const values = view('roof', fieldsMax)?.values ?? {};
    expect(Object.keys(values)).toHaveLength(fieldsMax);
    expect(values).not.toHaveProperty('field_0');
  });
});

describe('the identity of a device', () => {
  test('its id fits in a URL and is the same for ever', () => {
    expect(deviceId({ topic: roof, agent: 'barn' })).toBe('roof-d107335926');
    expect(deviceId({ topic: 'other/with spaces/ä/né ☀', agent: '' })).toMatch(/^[A-Za-z0-9_.-]+$/);
  });
  test('one topic used by two agents is two devices, and both say so', () => {
    const { devices, view } = site();
    devices.accept(readingOf(roof, 1, { pv_power: 1 }));
    expect(devices.views(1)[0]).not.toHaveProperty('shared_topic');
    devices.accept(readingOf(roof, 1, { pv_power: 2 }, { series: { topic: roof, agent: 'attic' } }));
    expect(devices.views(1).map(({ agent, shared_topic }) => [agent, shared_topic])).toEqual([
      ['barn', true],
      ['attic', true],
    ]);
    expect(view('roof', 1)).toBeUndefined();
  });
  test('a name finds the only device that has it', () => {
    const { devices } = site();
    devices.accept(readingOf(roof, 1, {}));
    expect(devices.find('roof')?.id).toBe(deviceId({ topic: roof, agent: 'barn' }));
    expect(devices.find('cellar')).toBeUndefined();
  });
});

describe('the rhythm of a device', () => {
  test('it says when the next reading is due and what waits on its agent', () => {
    const { agents, devices, view } = site();
    devices.accept(readingOf(roof, 1_000, { pv_power: 1 }));
    agents.accept('barn', agentStateOf('online', 1_000, { outbox: { readings: 3, bytes: 700 } }), 1_000);
    expect(view('roof', 2_000)).toMatchObject({ interval: 10, next_due: 11_000, pending: 3, state: 'fresh' });
  });
  test('what waits on its agent waits on when the agent breaks off, of which only a will tells', () => {
    const { agents, devices, view } = site();
    devices.accept(readingOf(roof, 1_000, { pv_power: 1 }));
    const heard = [{ name: 'roof', topic: roof, intervalSeconds: 10, rssi: -60 }];
    const waiting = { readings: 3, bytes: 700 };
    const readings = { taken: 9, confirmed: 6, waiting: 3, givenUp: 0, lost: 0 };
    agents.accept(
      'barn',
      agentStateOf('online', 1_000, { outbox: waiting, readings, devices: heard }),
      1_000,
    );
    const { outbox: _, ...will } = agentStateOf('offline', 500);
    agents.accept('barn', will, 2_000);
    expect(agents.get('barn')?.state).toEqual({ ...will, outbox: waiting, readings, devices: heard });
    expect(view('roof', 3_000)).toMatchObject({ pending: 3, signal_strength: -60 });
    agents.accept('barn', agentStateOf('offline', 4_000), 4_000);
    expect(view('roof', 5_000)).not.toHaveProperty('pending');
  });
  test('while its agent sleeps it is due when the agent is', () => {
    const { agents, devices, view } = site();
    devices.accept(readingOf(roof, 1_000, {}, { intervalSeconds: 1_200 }));
    agents.accept('barn', agentStateOf('sleeping', 5_000, { nextDueMs: 1_200_000 }), 5_000);
    expect(view('roof', 600_000)).toMatchObject({ state: 'sleeping', next_due: 1_200_000 });
  });
  test('without an announced interval it is learned, and not claimed before', () => {
    const { devices, view } = site();
    const unannounced = (timeMs: number) => {
      const { intervalSeconds: _, ...reading } = readingOf(roof, timeMs, {});
      devices.accept(reading);
    };
    // What comes at one time in several messages is no interval.
    for (const time of [0, 0, 30_000, 30_000, 60_000, 60_000]) unannounced(time);
    expect(view('roof', 60_000)).not.toHaveProperty('interval');
    for (const time of [90_000, 90_000]) unannounced(time);
    expect(view('roof', 90_000)).toMatchObject({ interval: 30, next_due: 120_000 });
  });
});
