import { describe, expect, test } from 'vitest';
import { createAgents } from '../src/live/agents.ts';
import { deviceId } from '../src/live/device-id.ts';
import { createDevices } from '../src/live/devices.ts';
import { energyOf, yearBefore } from '../src/live/energy.ts';
import { remember } from '../src/live/remember.ts';
import { unexplainedOf, wattsOf } from '../src/live/site.ts';
import type { StoredReading } from '../src/message.ts';
import { readingOf } from './in-memory-log.ts';

const now = 1_000_000;
const idOf = (topic: string) => deviceId({ topic, agent: 'barn' });

/** Name, kind, values, age in seconds. */
type Said = readonly [string, StoredReading['kind'], StoredReading['values'], number?];

function views(...said: readonly Said[]) {
  const devices = createDevices(createAgents());
  for (const [name, kind, values, age = 1] of said) {
    devices.accept(readingOf(`victron/${kind}/${name}`, now - age * 1_000, values, { kind }));
  }
  return devices.views(now);
}

const valuesOf = (watts: ReturnType<typeof wattsOf>) =>
  Object.fromEntries(watts.map(({ node, value }) => [node, value]));

const roof: Said = ['roof', 'solar_charger', { pv_power: 600 }];
const shunt: Said = ['shunt', 'battery', { battery_power: 350, battery_capacity_consumed: 12 }];
const inverter: Said = ['inverter', 'inverter', { ac_output_power: 230 }];

describe('the balance', () => {
  test('counts what supplies as positive and what uses as negative', () => {
    expect(valuesOf(wattsOf(views(roof, shunt, inverter)))).toEqual({
      sun: 600,
      battery: -350,
      grid: null,
      load: -230,
    });
  });
  test('counts a discharging battery and a running generator as supply', () => {
    const discharging: Said = ['shunt', 'battery', { battery_power: -250.5 }];
    const generator: Said = ['multi', 'inverter', { ac_input_power: 900 }];
    expect(valuesOf(wattsOf(views(discharging, generator)))).toMatchObject({ battery: 250.5, grid: 900 });
  });
  test('sums several chargers, and says how old the oldest of their values is', () => {
    const watts = wattsOf(views(roof, ['shed', 'solar_charger', { pv_power: 0.2 }, 7]));
    expect(watts[0]).toEqual({
      node: 'sun',
      value: 600.2,
      age: 7,
      devices: [idOf('victron/solar_charger/roof'), idOf('victron/solar_charger/shed')],
    });
  });
  test('does not count the battery that a charger sees, only the battery’s own', () => {
    const charger: Said = ['roof', 'solar_charger', { pv_power: 600, battery_power: 580 }];
    expect(valuesOf(wattsOf(views(charger)))['battery']).toBeNull();
    expect(valuesOf(wattsOf(views(charger, shunt)))['battery']).toBe(-350);
  });
  test('counts a battery monitor instead of the BMSes behind it, and does not fall back on them', () => {
    const bms: Said = ['bms', 'battery', { battery_power: 170 }];
    const other: Said = ['bms2', 'battery', { battery_power: 175 }];
    expect(valuesOf(wattsOf(views(bms, other)))['battery']).toBe(-345);
    expect(valuesOf(wattsOf(views(bms, other, shunt)))['battery']).toBe(-350);
    const [name, kind, values] = shunt;
    expect(valuesOf(wattsOf(views(bms, other, [name, kind, values, 60])))['battery']).toBeNull();
  });
  test('counts the BMSes of a site that the monitor is not of', () => {
    const devices = createDevices(createAgents());
    const say = (name: string, site: string, values: StoredReading['values']) => {
      const reading = readingOf(`victron/battery/${name}`, now, values, { kind: 'battery' });
      devices.accept({ ...reading, site });
    };
    say('shunt', 'cabin', { battery_power: 350, battery_capacity_consumed: 12 });
    say('behind', 'cabin', { battery_power: 345 });
    say('bms', 'workshop', { battery_power: -40 });
    expect(valuesOf(wattsOf(devices.views(now)))['battery']).toBe(-310);
  });
});

describe('what is not current', () => {
  const late: Said = ['shed', 'solar_charger', { pv_power: 400 }, 60];

  test('is not added, and its device is named', () => {
    expect(wattsOf(views(roof, late))[0]).toMatchObject({
      value: 600,
      devices: [idOf('victron/solar_charger/roof')],
      stale: [idOf('victron/solar_charger/shed')],
    });
  });
  test('leaves its node unknown when nothing else is there', () => {
    expect(wattsOf(views(late))[0]).toEqual({
      node: 'sun',
      value: null,
      age: null,
      devices: [],
      stale: [idOf('victron/solar_charger/shed')],
    });
  });
  test('also when the device speaks on, but not of its watts', () => {
    const devices = createDevices(createAgents());
    devices.accept(readingOf('victron/solar_charger/roof', now - 60_000, { pv_power: 400 }));
    devices.accept(readingOf('victron/solar_charger/roof', now, { battery_voltage: 13 }));
    expect(wattsOf(devices.views(now))[0]).toMatchObject({ value: null });
  });
  test('a value that the device does not know is not zero', () => {
    expect(wattsOf(views(['roof', 'solar_charger', { pv_power: null }]))[0]).toMatchObject({ value: null });
  });
});

describe('watts that do not add up', () => {
  test('are what supply leaves over use', () => {
    expect(unexplainedOf(wattsOf(views(roof, shunt, inverter)))).toBe(20);
  });
  test('are unknown without supply, without use, and while a device that takes part is stale', () => {
    expect(unexplainedOf(wattsOf(views(roof, shunt)))).toBeNull();
    expect(unexplainedOf(wattsOf(views(inverter)))).toBeNull();
    const [name, kind, values] = shunt;
    expect(unexplainedOf(wattsOf(views(roof, inverter, [name, kind, values, 60])))).toBeNull();
  });
});

describe('energy', () => {
  // UTC days.
  const dayMs = 86_400_000;
  const days = {
    start: (timeMs: number) => Math.floor(timeMs / dayMs) * dayMs,
    date: (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10),
    range: (date: string) => ({ startMs: Date.parse(date), endMs: Date.parse(date) + dayMs }),
  };
  const noon = Date.parse('2024-02-29T12:00:00Z');

  test('is asked for from midnight to now and for the whole same day last year, of every day counter', async () => {
    const asked: string[] = [];
    const both = views(
      ['roof', 'solar_charger', { pv_energy_today: 1 }],
      ['inverter', 'inverter', { pv_energy_today: 2 }],
      shunt,
    );
    const energy = await energyOf(
      both,
      days,
      async ({ topic }, field, from, to) => {
        asked.push(`${topic} ${field} ${new Date(from).toISOString()} ${new Date(to).toISOString()}`);
        return from < Date.parse('2024-01-01') ? null : topic.endsWith('roof') ? 1_500 : 300;
      },
      noon,
    );
    expect(energy).toEqual({ today: 1_800, sameDayLastYear: null });
    expect(asked.sort()).toEqual([
      'victron/inverter/inverter pv_energy_today 2023-02-28T00:00:00.000Z 2023-03-01T00:00:00.000Z',
      'victron/inverter/inverter pv_energy_today 2024-02-29T00:00:00.000Z 2024-02-29T12:00:00.000Z',
      'victron/solar_charger/roof pv_energy_today 2023-02-28T00:00:00.000Z 2023-03-01T00:00:00.000Z',
      'victron/solar_charger/roof pv_energy_today 2024-02-29T00:00:00.000Z 2024-02-29T12:00:00.000Z',
    ]);
  });
  test('leaves room for other questions, however many devices there are', async () => {
    const many = views(
      ...Array.from(
        { length: 40 },
        (_, i) => [`roof-${i}`, 'solar_charger', { pv_energy_today: 1 }] as const,
      ),
    );
    let waiting = 0;
    let waitingMost = 0;
    const increase = async () => {
      waitingMost = Math.max(waitingMost, ++waiting);
      await Promise.resolve();
      waiting--;
      return 10;
    };
    const energy = await energyOf(many, days, increase, noon);
    expect([energy, waitingMost]).toEqual([{ today: 400, sameDayLastYear: 400 }, 2]);
  });
  test('the day a year before is the same date, of a leap day the day before it', () => {
    expect(yearBefore('2026-06-09')).toBe('2025-06-09');
    expect(yearBefore('2024-02-29')).toBe('2023-02-28');
    expect(yearBefore('2025-02-28')).toBe('2024-02-28');
  });
});

test('an answer is shared until it is old, and a failure is asked again', async () => {
  let asked = 0;
  const answer = remember(async (at: number) => {
    asked += 1;
    if (at === 0) throw new Error('no');
    return asked;
  }, 100);
  await expect(answer(0)).rejects.toThrow('no');
  expect(await Promise.all([answer(10), answer(109)])).toEqual([2, 2]);
  expect(await answer(110)).toBe(3);
});
