// From Mosquitto to InfluxDB, side by side with a subscriber that does nothing and with Telegraf where it is here:
// live, from a backlog, and what it costs.

import { join } from 'node:path';
import { influxd, startInfluxd } from '../../packages/bridge/test/influxd.ts';
import { startExampleMosquitto } from './broker.ts';
import { devices, prepareLoad } from './load.ts';
import type { Measurement } from './measurement.ts';
import { bridgeSubject, nullSubscriber, type Store, type Subject, telegrafSubject } from './subjects.ts';
import { median, watchUsage } from './usage.ts';

const count = 200_000;
/** What Telegraf reaches of the null subscriber, where it is not here to be measured. */
const telegrafShare = { live: 0.52, backlog: 0.69 };
const telegrafMicroseconds = 30;

interface Figures {
  readonly rate: number;
  readonly microseconds: number;
  readonly megabytes: number;
}

type Way = 'live' | 'backlog';

/** Nothing is measured where InfluxDB 2 is missing, which was said. */
export async function withStore(measure: (store: Store) => Promise<Measurement[]>): Promise<Measurement[]> {
  if (influxd === undefined) return [];
  const store = await startInfluxd(influxd);
  try {
    return await measure(store);
  } finally {
    await store.end();
  }
}

export async function measureDelivery({
  bridge,
  folder,
  store,
  telegraf,
  rounds,
}: {
  readonly bridge: string;
  readonly folder: string;
  readonly store: Store;
  /** Its program, where it is measured beside. */
  readonly telegraf: string | undefined;
  readonly rounds: number;
}): Promise<Measurement[]> {
  const subjects = [nullSubscriber, bridgeSubject(bridge)];
  if (telegraf !== undefined) subjects.push(telegrafSubject(telegraf));
  const figures = new Map<string, Figures[]>();
  for (let round = 0; round < rounds; round++) {
    for (const way of ['live', 'backlog'] as const) {
      for (const subject of subjects) {
        const key = `${way} ${subject.name}`;
        const found = await carry(subject, way, store, join(folder, `${key}-${round}`.replaceAll(' ', '-')));
        figures.set(key, [...(figures.get(key) ?? []), found]);
        console.error(
          `${key}: ${Math.round(found.rate)}/s, ${found.microseconds.toFixed(1)} µs, ${Math.round(found.megabytes)} MB`,
        );
      }
    }
  }
  return judge((way, name) => middle(figures.get(`${way} ${name}`)));
}

async function carry(subject: Subject, way: Way, store: Store, folder: string): Promise<Figures> {
  const mosquitto = await startExampleMosquitto();
  const bucket = folder.split('/').at(-1) ?? way;
  const site = { folder, brokerPort: mosquitto.port, store, bucket };
  const fromMs = Date.now() - count - 60_000;
  try {
    let running = way === 'live' ? await subject.start(site, count) : undefined;
    const load = await prepareLoad(mosquitto.port, bucket, count, { fromMs, stepMs: 1, devices });
    if (way === 'backlog') {
      // The session is made, and then left alone.
      await (await subject.start(site, count)).stop();
      await load.publish();
    }
    const started = performance.now();
    running ??= await subject.start(site, count);
    const watch = watchUsage(running.child.pid ?? 0, way === 'live');
    // The store is not asked before all is published: each question costs what is being measured its share of the processor.
    if (way === 'live') await load.publish();
    await running.carried({ count, fromMs });
    const seconds = (performance.now() - started) / 1000;
    const { cpuSeconds, peakBytes } = watch.stop();
    load.close();
    await running.stop();
    return {
      rate: count / seconds,
      microseconds: (cpuSeconds / count) * 1e6,
      megabytes: peakBytes / 2 ** 20,
    };
  } finally {
    await mosquitto.remove();
  }
}

const middle = (all: readonly Figures[] | undefined): Figures | undefined =>
  all && {
    rate: median(all.map(({ rate }) => rate)),
    microseconds: median(all.map(({ microseconds }) => microseconds)),
    megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
  };

function judge(of: (way: Way, name: string) => Figures | undefined): Measurement[] {
  const none: Figures = { rate: Number.NaN, microseconds: Number.NaN, megabytes: Number.NaN };
  const get = (way: Way, name: string) => of(way, name) ?? none;
  const idle = get('live', 'null subscriber');
  const ours = get('live', 'bridge');
  const backlog = get('backlog', 'bridge');
  const theirs = of('live', 'Telegraf');
  const theirBacklog =
    of('backlog', 'Telegraf')?.rate ?? get('live', 'null subscriber').rate * telegrafShare.backlog;
  const theirMicroseconds = theirs?.microseconds ?? telegrafMicroseconds;
  const share = ours.rate / idle.rate;
  const beside =
    theirs === undefined ? 'not here' : `${perSecond(theirs.rate)}, ${theirs.microseconds.toFixed(1)} µs`;
  const megabytes = Math.max(ours.megabytes, backlog.megabytes);
  return [
    {
      what: `live: Mosquitto → log → InfluxDB 2 confirmed, tiers on, ${devices} devices, QoS 1 (null subscriber ${perSecond(idle.rate)}; Telegraf ${beside})`,
      result: `${perSecond(ours.rate)}, ${share.toFixed(2)} × the null subscriber`,
      required: '≥ 0.6 ×',
      goal: '≥ 0.7 ×',
      isMet: share >= 0.6,
    },
    {
      what: `backlog of ${count.toLocaleString('en')} queued readings, from the start of the program (Telegraf ${perSecond(theirBacklog)}${theirs ? '' : ', derived'})`,
      result: `${perSecond(backlog.rate)}, ${(backlog.rate / theirBacklog).toFixed(2)} × Telegraf`,
      required: '≥ 1.3 ×',
      goal: '2 ×',
      isMet: backlog.rate >= 1.3 * theirBacklog,
    },
    {
      what: `processor time a message, live, log and tiers included (Telegraf ${theirMicroseconds.toFixed(1)} µs${theirs ? '' : ' on another machine'}; null subscriber ${idle.microseconds.toFixed(1)} µs)`,
      result: `${ours.microseconds.toFixed(1)} µs, ${(ours.microseconds / theirMicroseconds).toFixed(2)} × Telegraf; backlog ${backlog.microseconds.toFixed(1)} µs`,
      required: '≤ 0.75 ×',
      goal: '0.5 ×',
      isMet: ours.microseconds <= 0.75 * theirMicroseconds,
    },
    {
      what: 'RSS at most, live and from a backlog',
      result: `${Math.round(megabytes)} MB`,
      required: '≤ 200 MB',
      goal: '≤ 150 MB',
      isMet: megabytes <= 200,
    },
  ];
}

const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`;
