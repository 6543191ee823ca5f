import { describe, expect, test } from 'vitest';
import { exportLines, type TextQuestion } from '../src/queries/export.ts';
import { every, openSite, roof } from './queries-site.ts';

const start = '2026-06-01T00:00:00Z';
const at = (text: string): number => Date.parse(text);

type Site = ReturnType<typeof openSite>;

async function exported(site: Site, question: Partial<TextQuestion>): Promise<string> {
  const whole = {
    series: roof,
    fromMs: at(start),
    toMs: at('2026-06-02T00:00:00Z'),
    tier: 'raw',
    format: 'csv',
  } as const;
  let text = '';
  const never = new AbortController().signal;
  for await (const piece of site.queries.exportHistory({ ...whole, ...question }, never)) text += piece;
  return text;
}

const values = [
  {
    battery_voltage: 12.5,
    charge_state: 'bulk',
    pv_energy_today: 10,
    alarms: ['battery_voltage_low'],
    own_flag: true,
  },
  { battery_voltage: null, charge_state: 'says "no", then\nleaves', pv_energy_today: 30, alarms: [] },
  { battery_voltage: 12.75, own_text: 'later', time: 7, device: 'x' },
];

function small(): Site {
  const site = openSite();
  site.store(every(30, start, 3, (i) => values[i] ?? {}, { _interval: 30, _site: 'cabin' }));
  return site;
}

describe('an export', () => {
  test('of raw readings as CSV has a column for each field in the span, and quotes what needs it', async () => {
    expect(await exported(small(), {})).toBe(
      [
        'time,battery_voltage,charge_state,pv_energy_today,alarms,own_flag,own_text,time_,device',
        '2026-06-01T00:00:00.000Z,12.5,bulk,10,battery_voltage_low,true,,,',
        '2026-06-01T00:00:30.000Z,,"says ""no"", then\nleaves",30,,,,,',
        '2026-06-01T00:01:00.000Z,12.75,,,,,later,7,x',
        '',
      ].join('\n'),
    );
  });

  test('of raw readings as JSON lines has every value as it came', async () => {
    const lines = (await exported(small(), { format: 'jsonl' })).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      values.map(({ time, ...each }, i) => ({
        ...each,
        time: at(start) + i * 30_000,
        ...(time === undefined ? {} : { time_: time }),
      })),
    );
  });

  test('as line protocol is what the sink writes: a point a reading, nothing that is not known', async () => {
    const tags = 'solar_charger,agent=barn,device=roof,site=cabin,type=solar_charger,vendor=victron';
    const text = await exported(small(), { format: 'lp' });
    const ms = at(start);
    expect(text).toBe(
      [
        `${tags} battery_voltage=12.5,charge_state="bulk",pv_energy_today=10,alarms="battery_voltage_low",own_flag=T ${ms}`,
        `${tags} charge_state="says \\"no\\", then\nleaves",pv_energy_today=30,alarms="" ${ms + 30_000}`,
        `${tags} battery_voltage=12.75,own_text="later",time_=7,device_="x" ${ms + 60_000}`,
        '',
      ].join('\n'),
    );
  });

  test('of a tier has a row a window, in the words of the measurements', async () => {
    const site = openSite();
    const each = (i: number) => ({
      battery_voltage: 12 + i / 100,
      pv_energy_today: i * 5,
      charge_state: i < 4 ? 'bulk' : 'float',
      alarms: [i < 4 ? 'battery_voltage_low' : 'battery_voltage_high'],
    });
    site.store(every(30, start, 6, each, { _interval: 30, _definition: 'victron-ble' }));
    expect(await exported(site, { tier: '2m' })).toBe(
      [
        'time,battery_voltage_mean,battery_voltage_min,battery_voltage_max,pv_energy_today_last,pv_energy_today_increase,charge_state_last,alarms_last,alarms_bit_or',
        '2026-06-01T00:00:00.000Z,12.015,12,12.03,15,15,bulk,battery_voltage_low,battery_voltage_low',
        '2026-06-01T00:02:00.000Z,12.045,12.04,12.05,25,10,float,battery_voltage_high,battery_voltage_high',
        '',
      ].join('\n'),
    );
    const [line = ''] = (await exported(site, { tier: '5m', format: 'jsonl' })).split('\n');
    expect(JSON.parse(line)).toEqual({
      time: at(start),
      battery_voltage: { mean: 12.025, min: 12, max: 12.05 },
      pv_energy_today: { last: 25, increase: 25 },
      charge_state: { last: 'float' },
      alarms: { last: ['battery_voltage_high'], bits: ['battery_voltage_low', 'battery_voltage_high'] },
    });
    const tags = 'agent=barn,device=roof,type=solar_charger,vendor=victron';
    expect((await exported(site, { tier: '5m', format: 'lp' })).trimEnd().split('\n')).toEqual(
      [
        `solar_charger_mean,${tags} battery_voltage=12.025`,
        `solar_charger_min,${tags} battery_voltage=12`,
        `solar_charger_max,${tags} battery_voltage=12.05`,
        `solar_charger_last,${tags} pv_energy_today=25,charge_state="float",alarms="battery_voltage_high"`,
        `solar_charger_increase,${tags} pv_energy_today=25`,
        `solar_charger_bit_or,${tags} alarms="battery_voltage_low,battery_voltage_high"`,
      ].map((text) => `${text} ${at(start)}`),
    );
  });

  test('has every row once, however long', async () => {
    const site = openSite();
    site.store(every(60, start, 5_000, (i) => ({ battery_voltage: i })));
    const span = { toMs: at('2026-07-01T00:00:00Z') };
    const rows = async (tier: string): Promise<readonly string[]> =>
      (await exported(site, { ...span, tier })).trimEnd().split('\n').slice(1);
    expect(await rows('raw')).toEqual(
      Array.from({ length: 5_000 }, (_, i) => `${new Date(at(start) + i * 60_000).toISOString()},${i}`),
    );
    const windows = await rows('2m');
    expect(windows).toHaveLength(2_500);
    expect(windows.at(-1)).toBe(`${new Date(at(start) + 2_499 * 120_000).toISOString()},4998.5,4998,4999`);
  });

  test('goes on when a device gets a field meanwhile', () => {
    const site = openSite();
    site.store(every(120, start, 500, (i) => ({ battery_voltage: i })));
    const question = {
      series: roof,
      fromMs: at(start),
      toMs: site.nowMs,
      tier: '2m',
      format: 'csv',
    } as const;
    const everies = site.tiers.map((tier) => tier.every);
    const lines = exportLines(site.history, everies, question, () => '');
    const head = [lines.next().value, lines.next().value];
    site.store(every(120, '2026-06-01T16:38:00Z', 1, () => ({ own_number: 1 })));
    expect([...head, ...lines]).toHaveLength(1 + 500);
  });

  test('of a tier that is not kept, says which are', async () => {
    await expect(exported(small(), { tier: '3m' })).rejects.toThrow(
      'There is no tier "3m": raw, 2m, 5m, 30m, 2h, 1d',
    );
  });
});
