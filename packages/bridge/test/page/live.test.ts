// What the page keeps of the bridge: its clock, the latest of every device, the series that were read.

import { describe, expect, test } from 'vitest';
import { createDeltas } from '../../page/src/live/deltas.ts';
import { createSeriesCache } from '../../page/src/live/series-cache.ts';
import { createServerClock } from '../../page/src/live/server-clock.ts';
import { createStore } from '../../page/src/live/store.ts';
import type { AlarmView, SeriesView } from '../../src/web/api.ts';
import { siteDevices } from './fixture/devices.ts';
import { createSite } from './fixture/site.ts';

describe('the bridge’s clock', () => {
  test('a delayed event makes nothing younger; a clock that was set back is believed after a minute', () => {
    let local = 1000;
    const clock = createServerClock(() => local);
    clock.learn(50_000);
    local += 5000;
    // Three seconds on the way.
    clock.learn(52_000);
    expect(clock.now()).toBe(55_000);
    for (let beat = 0; beat < 12; beat++) {
      local += 5000;
      clock.learn(local);
    }
    expect(clock.now()).toBe(local);
  });
});

describe('series that were read', () => {
  const query = { device: 'd', field: 'pv_power', from: 0, to: 1, points: 1000 };
  const empty: SeriesView = {
    device: 'd',
    field: 'pv_power',
    kind: 'gauge',
    tier: '2m',
    every: 120,
    from: 0,
    to: 1,
    points: [],
  };

  test('are asked for once by all parts that want them at the same time, and again when that failed', async () => {
    let calls = 0;
    const api = {
      series: () => {
        calls++;
        return calls === 1 ? Promise.reject(new Error('made to fail')) : Promise.resolve(empty);
      },
    };
    const cache = createSeriesCache(api, () => 7);
    const both = [cache.load('a', query), cache.load('a', query)];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([calls, cache.find('a')]).toEqual([1, undefined]);
    await Promise.all([cache.load('a', query), cache.load('a', query)]);
    expect([calls, cache.find('a')]).toEqual([2, { view: empty, at: 7 }]);
  });

  test('are kept while they are fewer than 300,000 points, then the oldest goes first', async () => {
    const view = { ...empty, points: Array.from({ length: 999 }, (_, time) => ({ time, mean: 1 })) };
    const cache = createSeriesCache({ series: () => Promise.resolve(view) }, () => 7);
    for (let count = 0; count < 300; count++) await cache.load(`${count}`, query);
    // Read again it is no longer the oldest.
    await cache.load('0', query);
    expect(cache.find('1')).toBeDefined();
    await cache.load('new', query);
    expect(cache.find('1')).toBeUndefined();
    expect(cache.find('0')).toBeDefined();
  });
});

describe('changes between two snapshots', () => {
  const all = { devices: 0, alarms: 0 };
  const alarm: AlarmView = {
    device: 'd1',
    name: 'roof',
    code: 'silent',
    text: '',
    level: 'late',
    since: 7,
    until: null,
  };
  const setUp = () => {
    let now = 1_000_000;
    const site = createSite(siteDevices, () => now);
    const store = createStore();
    store.set({ devices: new Map([['d1', site.view('d1')]]) });
    return { site, store, deltas: createDeltas(store), later: (ms: number) => (now += ms) };
  };

  test('wait for the pass, and arrive together', () => {
    const { site, store, deltas } = setUp();
    const told: number[] = [];
    store.subscribe(() => told.push(store.get().devices.size));
    deltas.take.reading({ now: 1, device: site.view('d2') });
    deltas.take.reading({ now: 2, device: site.view('d3') });
    expect(told).toEqual([]);
    expect(deltas.apply(all)).toBe(true);
    expect(told).toEqual([3]);
    expect(deltas.apply(all)).toBe(false);
  });

  test('what was said before a snapshot was made does not undo it', () => {
    const { site, store, deltas, later } = setUp();
    const old = site.view('d1');
    later(30_000);
    site.advance();
    deltas.take.reading({ now: 1_000_000, device: old });
    store.set({ devices: new Map([['d1', site.view('d1')]]) });
    expect(deltas.apply({ devices: 1_030_000, alarms: 0 })).toBe(false);
    expect(deltas.apply(all)).toBe(false);
    expect(store.get().devices.get('d1')?.time).toBe(1_030_000);
  });

  test('a state changes the device as it is known, and no other', () => {
    const { store, deltas } = setUp();
    const { values } = store.get().devices.get('d1') ?? {};
    deltas.take.state({ now: 5, id: 'd1', state: 'late' });
    deltas.take.state({ now: 5, id: 'nobody', state: 'late' });
    deltas.apply(all);
    expect([...store.get().devices.keys()]).toEqual(['d1']);
    expect(store.get().devices.get('d1')).toMatchObject({ state: 'late', values });
  });

  test('an alarm replaces what was said of it before, and leaves when it ends', () => {
    const { store, deltas } = setUp();
    deltas.take.alarm({ now: 8, alarm });
    deltas.take.alarm({ now: 8, alarm: { ...alarm, since: 3 } });
    deltas.take.alarm({ now: 9, alarm: { ...alarm, level: 'lost' } });
    deltas.take.alarm({ now: 9, alarm: { ...alarm, since: 3, until: 4 } });
    expect(deltas.apply(all)).toBe(true);
    expect(store.get().alarms).toEqual([{ ...alarm, level: 'lost' }]);
  });

  test('an alarm that begins while a snapshot is on its way is not lost with it, nor one that ended before reopened', () => {
    const { store, deltas } = setUp();
    deltas.take.alarm({ now: 8, alarm: { ...alarm, code: 'ended' } });
    deltas.take.alarm({ now: 20, alarm });
    store.set({ alarms: [] });
    deltas.apply({ devices: 30, alarms: 15 });
    expect(store.get().alarms).toEqual([alarm]);
  });
});
