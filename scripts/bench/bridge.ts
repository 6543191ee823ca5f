// The bridge as packaged behind a real Mosquitto: backlog rate, time from receipt to acknowledgement at 1,000/s, also while
// ten years are exported, and a year's chart by HTTP.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import type { Mosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { connectPublisher, startExampleMosquitto } from './broker.ts';
import { messageOf } from './load.ts';
import type { Measurement } from './measurement.ts';
import { median } from './usage.ts';

const backlogCount = 300_000;
const devices = 50;
const steadyPerSecond = 1000;
const steadySeconds = 20;
const yearMs = 365.25 * 86_400_000;

export async function measureBridge(bridge: string, folder: string): Promise<Measurement[]> {
  mkdirSync(folder, { recursive: true });
  const mosquitto = await startExampleMosquitto();
  const page = await freePort();
  const config = join(folder, 'bridge.yml');
  writeFileSync(
    config,
    `broker: { url: "mqtt://127.0.0.1:${mosquitto.port}" }\nstore: { path: ${folder}/store }\n` +
      `web: { listen: "127.0.0.1:${page}" }\nsite: { name: Bench, timezone: Europe/Rome }\n`,
  );
  const rig = { bridge, config, mosquitto, url: `http://127.0.0.1:${page}` };
  const child = await startBridge(rig);
  try {
    const backlog = await measureBacklog(rig);
    await fillTenYears(rig);
    const quiet = await measureSteady(rig, false);
    const exporting = await measureSteady(rig, true);
    const chart = await measureChart(rig);
    return [backlog, quiet, exporting, chart];
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await mosquitto.remove();
  }
}

interface Rig {
  readonly bridge: string;
  readonly config: string;
  readonly mosquitto: Mosquitto;
  readonly url: string;
}

async function startBridge({ bridge, config, url }: Rig): Promise<ChildProcess> {
  const child = spawn(bridge, ['--config', config, '--quiet', 'run'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the bridge ended with ${child.exitCode}`);
    const isReady = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return child;
    await wait(50);
  }
}

const statusOf = async ({ url }: Rig): Promise<{ stored: number }> => {
  const { accounts } = (await (await fetch(`${url}/api/status`)).json()) as { accounts: { stored: number } };
  return accounts;
};

async function storedReaches(rig: Rig, count: number): Promise<number> {
  for (;;) {
    const { stored } = await statusOf(rig);
    if (stored >= count) return performance.now();
    await wait(50);
  }
}

async function measureBacklog(rig: Rig): Promise<Measurement> {
  const publisher = await connectPublisher(rig.mosquitto.port, 'bench-backlog');
  const { stored: before } = await statusOf(rig);
  const nowMs = Date.now();
  const started = performance.now();
  const publishing = publisher.publish(backlogCount, (index) =>
    messageOf('backlog', index % devices, index, nowMs - backlogCount + index, 10),
  );
  const ended = await storedReaches(rig, before + backlogCount);
  await publishing;
  publisher.close();
  const rate = backlogCount / ((ended - started) / 1000);
  return {
    what: 'bridge: Mosquitto → parsed, identified, durable → acknowledged (tiers on, no sink), QoS 1, publisher and broker on the same cores',
    result: `${Math.round(rate).toLocaleString('en')}/s`,
    required: '≥ 25,000/s',
    goal: '40,000/s',
    isMet: rate >= 25_000,
  };
}

/** Ten years of one device, a reading every half hour: what exports and charts read. */
async function fillTenYears(rig: Rig): Promise<void> {
  const everyMs = 1_800_000;
  const count = Math.floor((10 * yearMs) / everyMs);
  const firstMs = Date.now() - count * everyMs;
  const publisher = await connectPublisher(rig.mosquitto.port, 'bench-years');
  const { stored } = await statusOf(rig);
  await publisher.publish(count, (index) =>
    messageOf('years', 999, index, firstMs + index * everyMs, everyMs / 1000),
  );
  publisher.close();
  await storedReaches(rig, stored + count);
  // The windows follow the log within seconds.
  await wait(8000);
}

async function measureSteady(rig: Rig, whileExporting: boolean): Promise<Measurement> {
  const publisher = await connectPublisher(rig.mosquitto.port, 'bench-steady');
  const stop = new AbortController();
  const exporting = whileExporting ? exportAgainAndAgain(rig, stop.signal) : Promise.resolve(0);
  const before = await acknowledgements(rig);
  const perTick = steadyPerSecond / 50;
  let sequence = 0;
  const stream = `steady-${whileExporting}`;
  for (let tick = 0; tick < steadySeconds * 50; tick++) {
    const nextMs = performance.now() + 20;
    await publisher.publish(perTick, () => messageOf(stream, sequence % devices, sequence++, Date.now(), 1));
    await wait(Math.max(0, nextMs - performance.now()));
  }
  await wait(500);
  const after = await acknowledgements(rig);
  stop.abort();
  const exports = await exporting;
  publisher.close();
  const seconds = quantile(before, after, 0.99);
  return {
    what: `bridge: p99 receipt → acknowledgement at ${steadyPerSecond.toLocaleString('en')}/s${whileExporting ? `, while ten years are exported (${exports} times)` : ''}`,
    result: `≤ ${Math.round(seconds * 1000)} ms`,
    required: '< 50 ms',
    goal: '',
    isMet: seconds <= 0.05,
  };
}

async function exportAgainAndAgain({ url }: Rig, signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    try {
      const answer = await fetch(`${url}/api/export?device=bench-999&from=-11y&tier=2h&format=csv`, {
        signal,
      });
      await answer.text();
      count++;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return count;
}

/** Upper bound in seconds → how many acknowledgements took at most that. */
async function acknowledgements({ url }: Rig): Promise<Map<number, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(/^wattline_acknowledgement_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return new Map(
    [...lines].map(([, bound, count]) => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ]),
  );
}

function quantile(before: Map<number, number>, after: Map<number, number>, share: number): number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const total = Math.max(...counts.map(([, count]) => count));
  if (total <= 0) throw new Error('the bridge counted no acknowledgement');
  return counts.find(([, count]) => count >= total * share)?.[0] ?? Number.POSITIVE_INFINITY;
}

async function measureChart({ url }: Rig): Promise<Measurement> {
  const walls: number[] = [];
  let points = 0;
  for (let round = 0; round < 15; round++) {
    const started = performance.now();
    const answer = await fetch(
      `${url}/api/series?device=bench-999&field=battery_voltage&from=-365d&points=5000`,
    );
    const view = (await answer.json()) as { tier: string; points: unknown[] };
    if (round >= 3) walls.push(performance.now() - started);
    if (view.tier !== '2h') throw new Error(`the chart came from the tier ${view.tier}`);
    points = view.points.length;
  }
  const wall = median(walls);
  return {
    what: `one-year chart from the 2 h tier through HTTP (${points.toLocaleString('en')} points)`,
    result: `${wall.toFixed(1)} ms`,
    required: '< 50 ms',
    goal: '< 15 ms',
    isMet: wall < 50,
  };
}
