// Ten years of one device in the store: its size, and a year beside the year before.

import { openHistory } from '../../packages/bridge/src/queries/history.ts';
import { querySeries } from '../../packages/bridge/src/queries/series.ts';
import { openReader } from '../../packages/bridge/src/store.ts';
import { createLocalDays } from '../../packages/bridge/src/tiers/local-days.ts';
import { dayMs, presets } from '../../packages/bridge/src/tiers/tier.ts';
import { windowsOfTiers } from '../../packages/bridge/src/tiers/windows.ts';
import type { Measurement } from './measurement.ts';
import { device, makeYears, timeZone, usedBytes, type Years } from './ten-years.ts';
import { median } from './usage.ts';

const years = 10;
const yearMs = 365 * dayMs;
const bytesMax = 30_000_000;
const queryMsMax = 50;
const rounds = 12;
const pointsMax = 400;

export function measureYears(folder: string): Measurement[] {
  const startedMs = performance.now();
  const made = makeYears(folder, years * 365.25, Date.UTC(2026, 5, 1, 12));
  const seconds = (performance.now() - startedMs) / 1_000;
  const bytes = usedBytes(made.store);
  const { wallMs, tiers } = yearOnYear(made);
  made.store.close();
  const count = made.readings.toLocaleString('en');
  return [
    {
      what: `ten years of one device, 12 gauges at 27 s (${count} readings, made in ${Math.round(seconds)} s), in the store after retention`,
      result: `${(bytes / 1e6).toFixed(1)} MB`,
      required: '≤ 30 MB',
      goal: '',
      isMet: bytes <= bytesMax,
    },
    {
      what: `each of its ten years, ${pointsMax} points at most (from ${tiers.join(', ')})`,
      result: `${wallMs.toFixed(1)} ms a year`,
      required: '< 50 ms',
      goal: '',
      isMet: wallMs < queryMsMax,
    },
  ];
}

/** Median over the rounds of the slowest year. */
function yearOnYear({ store, nowMs }: Years): { readonly wallMs: number; readonly tiers: readonly string[] } {
  const { tiers: kept } = presets.server;
  const database = openReader(store.file);
  const history = openHistory(
    database,
    kept.map(({ every }) => every),
  );
  const tiers = windowsOfTiers(kept, createLocalDays(timeZone));
  const monotonicMs = () => performance.now();
  const used = new Set<string>();
  const walls = Array.from({ length: rounds }, () => {
    const ofYears = Array.from({ length: years }, (_, ago) => {
      const toMs = nowMs - ago * yearMs;
      const question = { series: device, field: 'battery_voltage', fromMs: toMs - yearMs, toMs, pointsMax };
      const startedMs = performance.now();
      const answer = querySeries(history, tiers, question, { nowMs, monotonicMs });
      const wallMs = performance.now() - startedMs;
      if (answer.points.length < 300) throw new Error(`a year has ${answer.points.length} points`);
      used.add(answer.tier);
      return wallMs;
    });
    return Math.max(...ofYears);
  });
  database.close();
  return { wallMs: median(walls), tiers: [...used] };
}
