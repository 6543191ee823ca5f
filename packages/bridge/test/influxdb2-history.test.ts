import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Delivery, startDelivery } from '../src/sinks/delivery.ts';
import { readingFeed, windowFeed } from '../src/sinks/feeds.ts';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import { readingPoints, windowPoints } from '../src/sinks/point.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { dayMs, presets, tierName } from '../src/tiers/tier.ts';
import { createTiers, type Tiers } from '../src/tiers/tiers.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { reading, scratchLog } from './scratch-log.ts';
import { unchanged } from './sinks-past.ts';
import { noMemory } from './sinks-rig.ts';

const { tiers, rawMs } = presets.server;
const everyMs = 600_000;
const readingsPerDay = dayMs / everyMs;
// Three whole days of UTC and twelve minutes, the last of them yesterday.
const fromMs = Math.floor(Date.now() / dayMs) * dayMs - 4 * dayMs;
const count = 3 * readingsPerDay + 2;
const timeOf = (n: number): number => fromMs + n * everyMs;
const charge = (n: number): string => ['bulk', 'absorption', 'float'][n % 3] ?? '';
const alarms = (n: number): readonly string[] =>
  [['battery_voltage_low'], [], ['battery_voltage_high']][n % 3] ?? [];

const messageOf = (n: number) =>
  reading(n, {
    topic: 'victron/smartshunt/shunt',
    values: {
      pv_power: n,
      pv_energy_today: 10 * (n % readingsPerDay),
      charge_state: charge(n),
      alarms: alarms(n),
    },
    meta: { _timestamp: timeOf(n), _kind: 'battery', _interval: 600, _site: 'cabin' },
    receivedMs: timeOf(n) + 500,
  });

test.skipIf(influxd === undefined)(
  'readings arrive in the raw bucket and all tiers, though InfluxDB and the bridge stop in between',
  async () => {
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const scratch = scratchLog({ rawMs }, [tierSchema, sinkSchema]);
    onTestFinished(() => scratch.remove());
    const feed = (from: number, to: number): void => {
      for (let n = from; n < to; n += 100) {
        scratch.log.append(Array.from({ length: Math.min(100, to - n) }, (_, i) => messageOf(n + i)));
      }
    };

    let bridge = startBridge(scratch, influx);
    feed(0, 200);
    bridge.tiers.flush();
    bridge.delivery.wake();
    await settled(bridge.delivery);
    await influx.stop('SIGKILL');
    feed(200, 300);
    bridge.tiers.flush();
    bridge.delivery.wake();
    await expect.poll(() => bridge.delivery.view().state).toBe('waiting');
    await bridge.delivery.stop();
    scratch.restart();
    bridge = startBridge(scratch, influx);
    // Some messages come again, as after a crash.
    feed(250, count);
    bridge.tiers.flush();
    bridge.delivery.wake();
    await influx.start();
    await settled(bridge.delivery);
    onTestFinished(() => bridge.delivery.stop());

    const { readings, refused } = bridge.delivery.view();
    expect(readings).toEqual({ delivered: count, pending: 0, refused: 0, expired: 0 });
    expect(refused).toEqual([]);
    expect(scratch.log.accounts()).toMatchObject({ stored: count, duplicate: 50 });

    const [newest] = await influx.rows('from(bucket: "wattline") |> range(start: -30d) |> last()');
    expect(newest).toMatchObject({
      vendor: 'victron',
      type: 'smartshunt',
      device: 'shunt',
      agent: 'barn',
      site: 'cabin',
    });
    const valuesOf = influx.values;
    const all = Array.from({ length: count }, (_, n) => n);
    expect(await valuesOf('wattline', 'battery', 'pv_power')).toEqual(all.map((n) => [timeOf(n), n]));
    expect(await valuesOf('wattline', 'battery', 'alarms')).toEqual(
      all.map((n) => [timeOf(n), alarms(n).join(',')]),
    );

    for (const [tier, lengthMs] of [
      ['2m', 120_000],
      ['5m', 300_000],
      ['30m', 1_800_000],
      ['2h', 7_200_000],
      ['1d', dayMs],
    ] as const) {
      const windows = windowsOf(all, lengthMs);
      const bucket = `wattline_${tier}`;
      const of = <Value>(value: (inside: readonly number[]) => Value) =>
        windows.map(([start, inside]) => [start, value(inside)]);
      const mean = (inside: readonly number[]) => inside.reduce((sum, n) => sum + n, 0) / inside.length;
      expect(await valuesOf(bucket, 'battery_mean', 'pv_power')).toEqual(of(mean));
      expect(await valuesOf(bucket, 'battery_min', 'pv_power')).toEqual(of((inside) => Math.min(...inside)));
      expect(await valuesOf(bucket, 'battery_max', 'pv_power')).toEqual(of((inside) => Math.max(...inside)));
      expect(await valuesOf(bucket, 'battery_last', 'charge_state')).toEqual(
        of((inside) => charge(inside.at(-1) ?? 0)),
      );
      // Each reading adds 10 Wh, but the first of all and the first of a day, which begins from zero.
      const grown = (inside: readonly number[]) => 10 * inside.filter((n) => n % readingsPerDay !== 0).length;
      expect(await valuesOf(bucket, 'battery_increase', 'pv_energy_today')).toEqual(of(grown));
      const names = ['battery_voltage_low', 'battery_voltage_high'];
      const union = (inside: readonly number[]) =>
        names.filter((name) => inside.some((n) => alarms(n).includes(name))).join(',');
      expect(await valuesOf(bucket, 'battery_bit_or', 'alarms')).toEqual(of(union));
    }
  },
  60_000,
);

/** Windows that have ended, by the plainest arithmetic. */
function windowsOf(
  all: readonly number[],
  lengthMs: number,
): readonly (readonly [number, readonly number[]])[] {
  const windows = Map.groupBy(all, (n) => Math.floor(timeOf(n) / lengthMs) * lengthMs);
  return [...windows].filter(([start]) => start + lengthMs < Date.now());
}

function startBridge(
  { log, store }: ReturnType<typeof scratchLog>,
  influx: Awaited<ReturnType<typeof startInfluxd>>,
): { readonly delivery: Delivery; readonly tiers: Tiers } {
  const windows = createTiers({
    store,
    log,
    tiers,
    days: createLocalDays('UTC'),
    rawMs,
    now: Date.now,
    clockSynced: () => true,
    report: () => {},
  });
  const buckets = [
    { tier: 'raw', keepMs: rawMs },
    ...tiers.map(({ every, keepMs }) => ({ tier: tierName(every), keepMs })),
  ];
  const { url, org, token } = influx;
  const delivery = startDelivery({
    name: 'influx',
    type: 'influxdb2',
    sink: createInfluxDb2Sink({
      ...{ url, org, token, bucket: 'wattline', tiers: buckets, createsMissing: true },
      ...{ memory: noMemory(), report: () => {} },
    }),
    store,
    readings: readingFeed(log, readingPoints),
    readingsHeldMs: rawMs,
    windows: windowFeed(windows, windowPoints),
    past: unchanged,
    positions: () => ({ readings: 0, windows: 0 }),
    clock: Date.now,
    clockSynced: () => true,
    random: Math.random,
    sleep: (ms, signal) => setTimeout(ms / 100, undefined, { signal }).catch(() => {}),
    report: () => {},
  });
  return { delivery, tiers: windows };
}

const settled = (delivery: Delivery) =>
  expect
    .poll(() => [delivery.view().readings.pending, delivery.view().windows.pending], { timeout: 20_000 })
    .toEqual([0, 0]);
