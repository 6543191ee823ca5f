import { expect, test } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import { readingPoints, windowPoints } from '../src/sinks/point.ts';

const reading: StoredReading = {
  position: 1,
  series: { topic: 'victron/solar_charger/roof', agent: 'barn' },
  timeMs: 1_000,
  receivedMs: 2_000,
  clock: 'synced',
  kind: 'solar_charger',
  site: 'cabin',
  values: {
    pv_power: 12,
    charge_state: 'bulk',
    load_on: false,
    alarms: ['a', 'b'],
    off_reasons: [],
    battery_voltage: null,
  },
};

test('a reading is one point: measurement, tags, a field a value that is known', () => {
  expect(readingPoints(reading)).toEqual([
    {
      tier: 'raw',
      measurement: 'solar_charger',
      tags: { vendor: 'victron', type: 'solar_charger', device: 'roof', agent: 'barn', site: 'cabin' },
      fields: { pv_power: 12, charge_state: 'bulk', load_on: false, alarms: 'a,b', off_reasons: '' },
      timeMs: 1_000,
    },
  ]);
});

test('what is not known is no tag, and no field under the name of a tag', () => {
  const { site: _, ...rest } = reading;
  const foreign = {
    ...rest,
    series: { topic: 'home/shed/bms/state', agent: '' },
    values: { device: 'x', power: 1 },
  };
  expect(readingPoints(foreign)).toMatchObject([{ fields: { device_: 'x', power: 1 } }]);
  expect(readingPoints(foreign)[0]?.tags).toEqual({ vendor: 'home', type: 'bms', device: 'state' });
});

test('a reading that knows nothing is no point', () => {
  expect(readingPoints({ ...reading, values: { pv_power: null } })).toEqual([]);
});

test('a window without counters and flags has no point of increase and none of unions', () => {
  const points = windowPoints({
    series: reading.series,
    kind: 'battery',
    every: 'day',
    startMs: 86_400_000,
    fields: [
      {
        name: 'battery_voltage',
        aggregate: { kind: 'gauge', count: 4, high: 0, low: 50_000_000, min: 12e6, max: 13e6 },
      },
      { name: 'firmware_version', aggregate: { kind: 'info', lastMs: 86_400_005, last: '1.2' } },
    ],
  });
  const tags = { vendor: 'victron', type: 'solar_charger', device: 'roof', agent: 'barn' };
  expect(points).toEqual(
    [
      ['battery_mean', { battery_voltage: 12.5 }],
      ['battery_min', { battery_voltage: 12 }],
      ['battery_max', { battery_voltage: 13 }],
      ['battery_last', { firmware_version: '1.2' }],
    ].map(([measurement, fields]) => ({ tier: '1d', measurement, tags, fields, timeMs: 86_400_000 })),
  );
});
