// The store is away for a day of a hundred devices at 10 s, and comes back: how long until it has everything, how late the
// readings of that time are, and what it costs in memory.

import { setTimeout as wait } from 'node:timers/promises';
import { startExampleMosquitto } from './broker.ts';
import { connect, prepareLoad } from './load.ts';
import type { Measurement } from './measurement.ts';
import { publish, watchVisible } from './present.ts';
import { ask, configure, type Store, startBridge, until } from './subjects.ts';
import { watchUsage } from './usage.ts';

const devices = 100;
const intervalMs = 10_000;
const dayMs = 86_400_000;
const count = (devices * dayMs) / intervalMs;
const liveEveryMs = intervalMs / devices;

interface Status {
  readonly accounts: { readonly stored: number };
  readonly sinks: readonly { readonly readings: { readonly pending: number } }[];
}

export async function measureOutage(bridge: string, folder: string, store: Store): Promise<Measurement[]> {
  const mosquitto = await startExampleMosquitto();
  const site = { folder, brokerPort: mosquitto.port, store, bucket: 'outage' };
  const { page, config } = await configure(site, `url: "${mosquitto.url}"`);
  const running = await startBridge(bridge, config, page, site);
  const status = async (): Promise<Status> =>
    (await (await fetch(`${running.url}/api/status`)).json()) as Status;
  const pending = async (): Promise<number> => (await status()).sinks[0]?.readings.pending ?? Number.NaN;
  const usage = watchUsage(running.child.pid ?? 0, false);
  await store.stop();
  const fromMs = Date.now() - dayMs;
  const load = await prepareLoad(mosquitto.port, 'outage', count, { fromMs, stepMs: liveEveryMs, devices });
  await load.publish();
  load.close();
  await until(async () => (await status()).accounts.stored >= count);
  await store.start();
  const back = performance.now();
  // The store is tried again every 15 s at least.
  await until(async () => (await pending()) < count);
  const live = publishLive(mosquitto.port, store, site.bucket);
  await until(async () => (await pending()) < devices);
  const seconds = (performance.now() - back) / 1000;
  const times = await live.end();
  const latest = Math.max(...times);
  const { peakBytes } = usage.stop();
  await until(async () => (await pending()) === 0);
  const q = `SELECT count(battery_voltage) FROM solar_charger WHERE time < ${fromMs + dayMs}ms AND agent = 'bench'`;
  const shown = await ask(store, site.bucket, q);
  await running.stop();
  await mosquitto.remove();
  const what = `24 h outage of the store, ${count.toLocaleString('en')} readings`;
  return [
    {
      what: `${what}: delivered from its return on, the wait until it is noticed included (${shown.toLocaleString('en')} there)`,
      result: `${seconds.toFixed(1)} s`,
      required: '< 60 s',
      goal: '',
      isMet: seconds < 60 && shown === count,
    },
    {
      what: `${what}: latest of the readings that came while it was delivered, published → shown by the store`,
      result: times.length === 0 ? 'none came' : `${Math.round(latest)} ms (of ${times.length})`,
      required: '≤ 1,000 ms',
      goal: '',
      isMet: times.length > 0 && latest <= 1_000,
    },
    {
      what: `${what}: RSS at most, while it gathers and drains`,
      result: `${Math.round(peakBytes / 2 ** 20)} MB`,
      required: '≤ 200 MB',
      goal: '≤ 150 MB',
      isMet: peakBytes <= 200 * 2 ** 20,
    },
  ];
}

/** Ten readings a second. */
function publishLive(port: number, store: Store, bucket: string) {
  const watch = watchVisible(store, bucket);
  let isEnding = false;
  const publishing = (async () => {
    const socket = await connect(port, 'outage-live');
    for (let index = 0; !isEnding; index++) {
      const nowMs = Date.now();
      publish(socket, 'outage-live', index, nowMs);
      watch.published(nowMs);
      await wait(liveEveryMs);
    }
    socket.destroy();
  })();
  return {
    end: async (): Promise<readonly number[]> => {
      isEnding = true;
      await publishing;
      return watch.end();
    },
  };
}
