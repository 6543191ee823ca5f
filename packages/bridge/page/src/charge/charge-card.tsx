// State of charge: how full, which way, how long; a day behind and the way ahead.

import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { DeviceView, SeriesView } from '../../../src/web/api.ts';
import { Chart } from '../chart/chart.tsx';
import { drawnSeries, silenceMsOf, silencesOf } from '../chart/gaps.ts';
import type { Plot } from '../chart/plot.ts';
import { inline, showNumber } from '../format/value.ts';
import { Icon } from '../icon.tsx';
import type { Known } from '../live/store.ts';
import { type Ask, useSeries } from '../live/use-series.ts';
import { useKnown, usePage, useWords } from '../page-context.ts';
import { Age, Moment } from '../ticking.tsx';
import { whole } from '../words/words.ts';
import { type ChargePoint, type Trend, trendOf, wayAhead } from './trend.ts';

const field = 'state_of_charge';
const hourMs = 3600_000;
const behindMs = 24 * hourMs;
const aheadMs = 6 * hourMs;
/** Rounds the trend's beginning, so that a new reading does not draw the chart again. */
const redrawMs = 5 * 60_000;

const dayOf = (device: string): Ask => ({
  device,
  field,
  window: 'charge',
  from: (now) => now - behindMs,
  to: (now) => now,
  points: 300,
  renewMs: redrawMs,
});

export function ChargeCard() {
  const { say } = useWords();
  const id = useKnown(bankOf);
  const loaded = useKnown((known) => known.loaded);
  return (
    <section class="card soc" aria-labelledby="h-soc">
      <header>
        <h2 id="h-soc">{say('soc')}</h2>
      </header>
      {id === undefined ? <p class="nothing">{loaded ? say('no_soc') : ''}</p> : <Charge id={id} />}
    </section>
  );
}

/**
 * Of several devices that know a charge the one whose watts count for the site, else the first battery, and a lost one only
 * when all of them are: it is named beside the number.
 */
function bankOf({ devices, site }: Known): string | undefined {
  const counted = new Set(site?.watts.find(({ node }) => node === 'battery')?.devices);
  const able = [...devices.values()].filter(({ values }) => values[field] !== undefined);
  const rank = ({ id, kind, state }: DeviceView) =>
    (state === 'lost' ? 3 : 0) + (counted.has(id) ? 0 : kind === 'battery' ? 1 : 2);
  return able.sort((a, b) => rank(a) - rank(b))[0]?.id;
}

function Charge({ id }: { readonly id: string }) {
  const words = useWords();
  const device = useKnown(({ devices }) => devices.get(id));
  const isLost = device?.state === 'lost';
  const [view] = useSeries([dayOf(id)]).views;
  const charge = device?.values[field];
  const value = typeof charge?.value === 'number' ? charge.value : undefined;
  const points = useMemo(
    (): ChargePoint[] =>
      (view?.points ?? []).flatMap(({ time, mean, last }) => {
        const known = mean ?? last;
        return typeof known === 'number' ? [{ time: time + (view?.every ?? 0) * 500, charge: known }] : [];
      }),
    [view],
  );
  if (device === undefined || charge === undefined) return null;
  const trend: Trend =
    value === undefined || isLost
      ? { way: 'unknown' }
      : trendOf(points, { time: charge.time, charge: value });
  return (
    <>
      <div class="big" data-state={device.state}>
        <div class="pc" style={{ '--signs': value === undefined ? 6 : words.number(value, whole).length }}>
          {value === undefined ? words.say('unknown') : words.number(value, whole)}
          {value === undefined ? null : <span class="u">%</span>}
        </div>
        <Gauge charge={value} />
        <TrendWords trend={trend} />
      </div>
      <Day view={view} device={device} points={points} trend={trend} />
      <Foot device={device} time={charge.time} />
    </>
  );
}

/** The kiosk's bar in place of the chart. */
function Gauge({ charge }: { readonly charge: number | undefined }) {
  const element = useRef<HTMLElement>(null);
  useLayoutEffect(() => element.current?.style.setProperty('--p', String(charge ?? 0)), [charge]);
  return (
    <div class="track" aria-hidden="true">
      <i ref={element} />
    </div>
  );
}

function TrendWords({ trend }: { readonly trend: Trend }) {
  const { say, number, span } = useWords();
  if (trend.way === 'unknown')
    return (
      <div class="trend">
        <div class="togo">{say('rate_unknown')}</div>
      </div>
    );
  if (trend.way === 'steady') {
    return (
      <div class="trend">
        <b>
          <Icon name="right" />
          <span>{say('steady')}</span>
        </b>
      </div>
    );
  }
  const rate = `${number(Math.abs(trend.perHour), whole)}\u00a0%`;
  // To five minutes: more would be a promise.
  const time = span(Math.max(300, Math.round(trend.seconds / 300) * 300));
  return (
    <div class="trend">
      <b>
        <Icon name={trend.way === 'rising' ? 'up' : 'down'} />
        <span>{say('per_hour', rate)}</span>
      </b>
      <div class="togo">{say(trend.way === 'rising' ? 'full_in' : 'empty_in', time)}</div>
    </div>
  );
}

interface DayProps {
  readonly view: SeriesView | undefined;
  readonly device: DeviceView;
  readonly points: readonly ChargePoint[];
  readonly trend: Trend;
}

function Day({ view, device, points, trend }: DayProps) {
  const words = useWords();
  const { kiosk } = usePage();
  const plot = useMemo((): Plot | undefined => {
    const end = points.at(-1);
    if (view === undefined || end === undefined) return undefined;
    const to = view.to + aheadMs;
    const ahead = wayAhead(end, trend, to);
    const silence = silenceMsOf(view.every, device.interval);
    const { times, means } = drawnSeries(view, silence, 1);
    return {
      from: view.from,
      to,
      gaps: silencesOf([view], device.interval),
      lowest: 0,
      highest: 105,
      endDot: true,
      axis: (value) => words.number(value, whole),
      axisSteps: [0, 50, 100],
      axisWidth: 32,
      lines: [
        { style: 'area', hue: 'battery', times, values: means },
        {
          style: 'compare',
          hue: 'plain',
          times: ahead.map(({ time }) => time),
          values: ahead.map(({ charge }) => charge),
        },
      ],
    };
  }, [view]);
  if (kiosk) return null;
  const charge = device.values[field]?.value;
  const shown = typeof charge === 'number' ? inline(showNumber(words, charge, '%')) : words.say('unknown');
  return plot === undefined ? (
    <div class="chart" />
  ) : (
    <Chart plot={plot} label={words.say('soc_picture', shown)} />
  );
}

function Foot({ device, time }: { readonly device: DeviceView; readonly time: number }) {
  const words = useWords();
  const voltage = device.lead.find((name) => device.values[name]?.unit === 'V');
  const volts = voltage === undefined ? undefined : device.values[voltage]?.value;
  return (
    <div class="foot">
      <span>{typeof volts === 'number' ? inline(showNumber(words, volts, 'V')) : ''}</span>
      <span class="push">
        <span class="opt2">{device.name} · </span>
        {device.state === 'lost' ? (
          <Moment class="at" say="at" time={time} />
        ) : (
          <Age time={time} about={device.clock === 'unsynced'} />
        )}
      </span>
    </div>
  );
}
