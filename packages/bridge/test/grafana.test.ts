// What Grafana would ask of a real database, and what it is given.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceKind, deviceKinds } from '@wattline/protocols';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { startFromSource } from '../../simulator/src/services/program.ts';
import { grafanaFiles } from '../src/dashboards/files.ts';
import { pagesOf } from '../src/dashboards/pages.ts';
import type { Place } from '../src/dashboards/place.ts';
import { createInfluxDb1Sink } from '../src/sinks/influxdb1.ts';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { presets, tierName } from '../src/tiers/tier.ts';
import {
  ask,
  dayMs,
  deviceOf,
  fill,
  hourMs,
  interpolate,
  nowMs,
  panelsOf,
  type Span,
  shown,
  simulated,
} from './grafana-rig.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { noMemory } from './sinks-rig.ts';

const retention = presets.server;
const place: Place = { type: 'influxdb2', url: 'http://127.0.0.1:8086', database: 'wattline', retention };
const keeping = {
  tiers: [
    { tier: 'raw', keepMs: retention.rawMs },
    ...retention.tiers.map(({ every, keepMs }) => ({ tier: tierName(every), keepMs })),
  ],
  createsMissing: true,
  memory: noMemory(),
  report: () => undefined,
};
const pages = pagesOf({ place, intervalSeconds: 60 });

describe('without a database', () => {
  const panels = panelsOf(pages);

  test('one overview, a page for each kind that a definition has, one for the touch screen; each can be provisioned', () => {
    const uids = pages.map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(uids.length);
    expect(uids).toEqual(
      expect.arrayContaining([
        'wattline-overview',
        'wattline-battery',
        'wattline-solar-charger',
        'wattline-kiosk',
      ]),
    );
    for (const page of pages) {
      expect(page).not.toHaveProperty('id');
      expect(page).not.toHaveProperty('__inputs');
      for (const each of [...page.panels, ...(page.templating.list ?? [])])
        expect(each.datasource).toEqual({ type: 'influxdb', uid: 'wattline-influx' });
    }
  });

  test('no panel lies on another or beyond the edge, and no query is called like another', () => {
    for (const { panels: all } of pages) {
      const cells = all.flatMap(({ gridPos }) => {
        const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
        expect(x + w).toBeLessThanOrEqual(24);
        return Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`);
      });
      expect(new Set(cells).size).toBe(cells.length);
      for (const { targets } of all)
        expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  test('the page for the touch screen is 480 pixels high and asks nothing', () => {
    const kiosk = pages.find(({ uid }) => uid === 'wattline-kiosk');
    const rows = Math.max(
      ...(kiosk?.panels ?? []).map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)),
    );
    // 30 pixels a step and 8 between two, and 16 around.
    expect(rows * 38 - 8 + 32).toBeLessThanOrEqual(480);
    expect(kiosk?.templating.list?.map(({ hide }) => hide)).toEqual([2, 2, 2]);
    expect(kiosk?.links).toEqual([]);
  });

  test('a line is drawn over two and a half readings, by the window of the tier or the interval of the devices', () => {
    const gapsOf = (seconds: number) => {
      const panel = panelsOf(pagesOf({ place, intervalSeconds: seconds })).find(
        ({ name }) => name === 'wattline-overview: Sun',
      )?.panel;
      const sun = panelsOf(pagesOf({ place, intervalSeconds: seconds })).find(
        ({ name, panel: { type } }) => name === 'wattline-overview: Sun' && type === 'timeseries',
      )?.panel;
      return (sun ?? panel)?.fieldConfig?.overrides.map(
        ({ properties: [property] }) => Number(property?.value) / 1_000,
      );
    };
    expect(gapsOf(60)).toEqual([150, 300, 750, 4_500, 18_000, 216_000]);
    expect(gapsOf(1_200)).toEqual([3_000, 3_000, 3_000, 4_500, 18_000, 216_000]);
  });

  test('what uses power has a minus before it', () => {
    const load = panels.find(
      ({ name, panel }) => name === 'wattline-overview: Load' && panel.type === 'timeseries',
    );
    expect(load?.panel.targets.every(({ query }) => query.startsWith('SELECT -1 * "'))).toBe(true);
  });

  test('files hold no secret, and a dollar of InfluxQL is doubled where Grafana would put its environment', () => {
    const files = new Map(
      grafanaFiles({ place, intervalSeconds: 60 }).map(({ path, content }) => [path, content]),
    );
    const source = parse(files.get('provisioning/datasources/wattline.yaml') ?? '').datasources[0];
    expect(source).toMatchObject({
      uid: 'wattline-influx',
      jsonData: { dbName: 'wattline' },
      secureJsonData: { httpHeaderValue1: 'Token $INFLUX_TOKEN' },
    });
    const rules = files.get('provisioning/alerting/wattline.yaml') ?? '';
    expect(rules.match(/\$timeFilter/g)?.length).toBe(rules.match(/\$\$timeFilter/g)?.length);
  });
});

test('the command writes them for the sink of the configuration that Grafana can ask', async () => {
  const folder = scratchFolder();
  const sinks = [
    '{ name: files, type: csv, path: files }',
    '{ name: old, type: influxdb1, url: "http://store:8086", database: victron }',
    '{ name: new, type: influxdb2, url: "http://store:8087", org: home, token: t }',
  ];
  writeFileSync(join(folder, 'bridge.yml'), `sinks: [${sinks.join(', ')}]\n`);
  const run = (...words: string[]) => startFromSource('bridge', ['dashboards', ...words], { folder }).ended;
  const [first, named, unknown, spoilt] = await Promise.all([
    run('--out', 'first'),
    run('--out', 'named', '--sink', 'new', '--interval', '20m'),
    run('--out', 'unknown', '--sink', 'files'),
    run('--out', 'spoilt', '--interval', 'often'),
  ]);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const sourceOf = (out: string) =>
    parse(readFileSync(join(folder, out, 'provisioning/datasources/wattline.yaml'), 'utf8')).datasources[0];
  expect(sourceOf('first')).toMatchObject({ url: 'http://store:8086', jsonData: { dbName: 'victron' } });
  const overview = readFileSync(join(folder, 'first/dashboards/wattline-overview.json'), 'utf8');
  expect(overview).toContain('\\"victron\\".\\"30m\\".');
  expect(named.code).toBe(0);
  expect(sourceOf('named')).toMatchObject({ url: 'http://store:8087', jsonData: { dbName: 'wattline' } });
  expect(readdirSync(join(folder, 'named/dashboards'))).toHaveLength(pages.length);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there are old, new') });
  expect(spoilt).toMatchObject({ code: 2, stderr: expect.stringContaining('--interval takes a duration') });
});

/** Ranges, and the tier that answers. */
const ranges: readonly (readonly [string, Span, string])[] = [
  ['an hour', { fromMs: nowMs - hourMs, toMs: nowMs }, 'raw'],
  ['twelve hours', { fromMs: nowMs - 12 * hourMs, toMs: nowMs }, '2m'],
  ['three days', { fromMs: nowMs - 3 * dayMs, toMs: nowMs }, '5m'],
  ['two weeks', { fromMs: nowMs - 14 * dayMs, toMs: nowMs }, '30m'],
  ['six weeks', { fromMs: nowMs - 42 * dayMs, toMs: nowMs }, '2h'],
  ['half a year', { fromMs: nowMs - 180 * dayMs, toMs: nowMs }, '1d'],
  ['four hours twenty days ago', { fromMs: nowMs - 20 * dayMs, toMs: nowMs - 20 * dayMs + 4 * hourMs }, '5m'],
  ['four hours five weeks ago', { fromMs: nowMs - 35 * dayMs, toMs: nowMs - 35 * dayMs + 4 * hourMs }, '30m'],
];
const tierNames = ['raw', ...retention.tiers.map(({ every }) => tierName(every))];

/** Where a panel says so itself. */
const lastMonth = { fromMs: nowMs - 30 * dayMs, toMs: nowMs };

interface Asked {
  readonly url: string;
  readonly headers?: { [name: string]: string };
}

const rangedPages: readonly string[] = ['wattline-overview', 'wattline-battery'];

/** Every query of every panel, in every range. */
async function expectAnswers(database: Asked, asked: Place, spans: typeof ranges): Promise<void> {
  const all = panelsOf(pagesOf({ place: asked, intervalSeconds: 60 }));
  for (const [range, span, tier] of spans) {
    // Every page once, and what differs by the range on two of them.
    const asks = all.filter(({ page: { uid = '' } }) => tier === 'raw' || rangedPages.includes(uid));
    for (const { name, page, panel } of asks) {
      const { targets } = panel;
      const isBanded = targets.length % tierNames.length === 0;
      const answers = await ask(
        database,
        asked.database,
        targets.map(({ query }) => interpolate(query, panel.timeFrom === undefined ? span : lastMonth)),
      );
      for (const [index, answer] of answers.entries()) {
        const isTurn = !isBanded || tierNames[index % tierNames.length] === tier;
        const isNow = span.toMs === nowMs;
        const about = `${name}, ${range}, ${targets[index]?.query}`;
        if (!isTurn) expect(answer, about).toEqual([]);
        else if (isBanded || isNow) expect(answer.length, about).toBeGreaterThan(0);
      }
      const kind = (Object.keys(deviceKinds) as DeviceKind[]).find(
        (each) => page.uid === `wattline-${each.replaceAll('_', '-')}`,
      );
      if (kind === undefined || !isBanded) continue;
      // The page of a kind shows what its fullest device sends, and nothing of another kind.
      const devices = new Set(answers.flatMap(shown).map((each) => each.split(' ')[0]));
      expect(devices, name).toContain(deviceOf(kind));
      for (const [device, of] of Object.entries(simulated))
        if (of !== kind) expect(devices).not.toContain(device);
    }
  }
}

describe.skipIf(influxd === undefined)('InfluxDB 2, filled by the simulator', () => {
  test('answers every query of every panel in every range from one tier', { timeout: 120_000 }, async () => {
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const { url, org, token } = influx;
    const sink = createInfluxDb2Sink({
      url,
      org,
      token,
      bucket: 'wattline',

      ...keeping,
    });
    await fill(sink);
    await sink.close();
    const database = { url, headers: { authorization: `Token ${token}` } };
    await expectAnswers(database, { ...place, url }, ranges);
    await expectChoice(database);
    await expectRules(database);
    await expectNumbers(database);
  });
});

describe.skipIf(influxd1 === undefined)('InfluxDB 1, filled by the simulator', () => {
  test('answers the same queries from its retention policies', { timeout: 120_000 }, async () => {
    const influx = await startInfluxd1(influxd1 ?? '');
    onTestFinished(() => influx.end());
    const { url } = influx;
    const sink = createInfluxDb1Sink({ url, database: 'wattline', ...keeping, clock: Date.now });
    await fill(sink);
    await sink.close();
    await expectAnswers({ url }, { ...place, type: 'influxdb1', url }, ranges.slice(0, 3));
  });
});

/** site → agent → device. */
async function expectChoice(database: Asked): Promise<void> {
  const [site, agent, device] = pages.find(({ uid }) => uid === 'wattline-battery')?.templating.list ?? [];
  const offered = async (variable: typeof site, chosen: { [name: string]: string }) => {
    const query = interpolate(String(variable?.query), { fromMs: 0, toMs: nowMs }, chosen);
    const [series = []] = await ask(database, 'wattline', [query]);
    return [...new Set(series.flatMap(({ values }) => values.map(([, value]) => value)))].toSorted();
  };
  expect(await offered(site, {})).toEqual(['cabin']);
  expect(await offered(agent, { site: 'cabin' })).toEqual(['barn']);
  expect(await offered(device, { agent: 'barn' })).toEqual(['any-battery', 'bank']);
  expect(await offered(device, { agent: 'nobody' })).toEqual([]);
  expect(await offered(device, { site: 'elsewhere' })).toEqual([]);
}

/** The rules find what they are for, by a query as Grafana sends it. */
async function expectRules(database: Asked): Promise<void> {
  const content = grafanaFiles({ place, intervalSeconds: 60 }).find(({ path }) =>
    path.includes('alerting'),
  )?.content;
  const { rules } = parse(content ?? '').groups[0];
  const found: { [rule: string]: readonly string[] } = {};
  for (const { uid, data } of rules) {
    const [{ relativeTimeRange, model }] = data;
    const toMs = Date.now();
    const span = { fromMs: toMs - relativeTimeRange.from * 1_000, toMs };
    const query = interpolate(model.query.replaceAll('$$', '$'), span);
    const [series = []] = await ask(database, 'wattline', [query]);
    found[uid] = series.map(({ tags }) => tags?.['device'] ?? 'all').toSorted();
  }
  expect(found['wattline-lost']).toEqual(['gone']);
  expect(found['wattline-silent']).toEqual(['all']);
  expect(found['wattline-charge']).toContain('bank');
  expect(found['wattline-alarms']).toContain('any-battery');
  expect(Object.values(found).filter((devices) => devices.length === 0)).toEqual([]);
}

/** The numbers are those that were sent, with the sign of the site. */
async function expectNumbers(database: Asked): Promise<void> {
  const battery = panelsOf(pages).find(
    ({ name, panel }) => name === 'wattline-overview: Battery' && panel.type === 'timeseries',
  );
  const span = { fromMs: nowMs - hourMs, toMs: nowMs };
  const query = interpolate(battery?.panel.targets[0]?.query ?? '', span, { device: 'any-battery' });
  const plain = `SELECT "battery_power" FROM "battery" WHERE "device" = 'any-battery' AND time > ${span.fromMs}ms AND time <= ${span.toMs}ms`;
  const [[signed] = [], [sent] = []] = await ask(database, 'wattline', [query, plain]);
  expect(signed?.values.length).toBeGreaterThan(50);
  expect(signed?.values.map(([time, value]) => [time, -Number(value)])).toEqual(sent?.values);
}
