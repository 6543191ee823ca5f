// Whatever /api/status counts, /metrics counts as well: every number of the one is looked for among those of the other.

import { expect, onTestFinished, test } from 'vitest';
import type { DeliveryView, StatusView } from '../src/web/status-views.ts';
import { agentStateOf, inMemoryLog } from './in-memory-log.ts';
import { openWeb } from './open-web.ts';

/** Every field, also those that only some bridges have. */
type Whole<View> = View extends readonly (infer Each)[]
  ? readonly Whole<Each>[]
  : View extends object
    ? { readonly [Key in keyof View]-?: Whole<Exclude<View[Key], undefined>> }
    : View;

let last = 1_000_000;
/** No two counts are the same, so that each is known by its value. */
const next = (): number => {
  last += 17;
  return last;
};
const delivery = (): Whole<DeliveryView> => ({
  ...{ delivered: next(), pending: next(), refused: next(), expired: next(), skipped: next() },
  oldest: 0,
});
const broker: Whole<StatusView['broker']> = {
  ...{ kind: 'embedded', address: '127.0.0.1:1883', connected: true, since: 0, problem: '' },
  ...{ clients: next(), clients_not_shown: next(), refused: { sign_in: next(), slowed: next() } },
  clients_seen: [{ id: 'one', user: 'u', role: 'agent', since: 0, left: 0, in: next(), out: next() }],
};
const sinks: Whole<StatusView['sinks']> = [
  {
    ...{ name: 'influx', type: 'influxdb2', state: 'idle', problem: '', problem_since: 0, refused: [] },
    ...{
      readings: delivery(),
      windows: delivery(),
      settling: next(),
      changes: { waiting: next(), problem: '' },
      ages: { written: next(), missed: next() },
    },
  },
];
const alerts: Whole<StatusView['alerts']> = [
  {
    ...{ channel: 'mqtt', problem: '', queued: next(), sent: next(), pending: next() },
    ...{ refused: next(), dropped: next() },
  },
];
const storage: Whole<StatusView['storage']> = {
  ...{ bytes: next(), bytes_max: next(), bytes_free: next(), schema: {} },
  tiers: [
    {
      ...{ tier: 'raw', every: 0, keep: 1, rows: next(), bytes: next() },
      ...{ oldest: 0, from: 0, filling: true },
    },
  ],
};
const log = {
  ...inMemoryLog(),
  accounts: () => ({
    ...{
      received: 1_000_001,
      stored: 1_000_002,
      duplicate: 1_000_003,
      conflict: 1_000_004,
      state: 1_000_005,
    },
    ...{ held: 1_000_006, expired: 1_000_007, moved: 1_000_008, aside: { too_big: 1_000_009 } },
    ...{ bounds: { doubted: 1_000_010 } },
    missing: [{ series: { topic: 'victron/a/roof', agent: 'barn' }, stream: 's', count: 1_000_011 }],
    agents: [
      { agent: 'barn', counted: 1_000_012, arrived: 1_000_013, givenUp: 1_000_014, missing: 1_000_015 },
    ],
  }),
};
const typeConflict = {
  ...{ key: { topic: 'victron/a/roof', agent: 'barn' }, field: 'state', type: 'text' as const, series: 1 },
  ...{ value: '1', receivedMs: 0, count: next() },
};
const readings = {
  ...{ taken: next(), confirmed: next(), waiting: next(), givenUp: next(), lost: next() },
};

/** Moments, lengths of time, versions, and how things are set. */
const noCounts = [
  ...['now', 'started', 'uptime_secs', 'since', 'left', 'oldest', 'time', 'heard', 'from', 'first_stored'],
  ...['problem_since', 'every', 'keep', 'schema', 'bluetooth_polling_period'],
];
/** Of the process and of its devices: nothing here decides what they count. */
const elsewhere: { readonly [path: string]: string } = {
  devices: 'wattline_devices',
  readings_not_shown: 'wattline_readings_not_shown',
  memory_bytes: 'wattline_process_resident_memory_bytes',
  pages: 'wattline_event_clients',
};

function* countsOf(view: unknown, path: string): Generator<readonly [path: string, count: number]> {
  if (typeof view === 'number') yield [path, view];
  if (typeof view !== 'object' || view === null) return;
  for (const [key, part] of Object.entries(view)) {
    const inner = path === '' ? key : `${path}.${key}`;
    if (!noCounts.includes(key) && !(inner in elsewhere)) yield* countsOf(part, inner);
  }
}

test('every count of /api/status is in /metrics', async () => {
  const web = await openWeb({
    ...{ log, broker: () => broker, sinks: () => sinks, alerts: () => alerts, storage: () => storage },
    ...{ waiting: () => 1_000_016, typeConflicts: () => [typeConflict] },
    tiers: () => ({ cursor: 3_000_000, behind: 2_000_001, missed: 2_000_002 }),
  });
  onTestFinished(web.close);
  web.log.tell(
    'barn',
    agentStateOf('online', 1, { outbox: { readings: next(), bytes: next() }, readings }),
    1,
  );
  const { body } = await web.json('/api/status');
  const text = await (await fetch(`${web.url}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line.startsWith('wattline_'));
  const values = new Set(samples.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1))));
  const counts = [...countsOf(body, '')];
  expect(counts.length).toBeGreaterThan(50);
  expect(new Set(counts.map(([, count]) => count)).size).toBe(counts.length);
  expect(counts.filter(([, count]) => !values.has(count)).map(([path]) => path)).toEqual([]);
  for (const [path, name] of Object.entries(elsewhere)) {
    expect(body).toHaveProperty(path);
    expect(samples.some((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))).toBe(true);
  }
});
