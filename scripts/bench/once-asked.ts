// One round of the agent as packaged over batteries that must be asked: one without the radio's time, and how close eight on
// one adapter come to the sum of the radio's.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openBatteries } from './asked.ts';
import { startExampleMosquitto } from './broker.ts';
import type { Measurement } from './measurement.ts';
import { type Round, runRound } from './round.ts';
import { median, usageOf } from './usage.ts';

const rounds = 11;
const warmRounds = 3;
const many = 8;
const roundTripMs = 20;
const manyRounds = 3;

export async function measureOnceAsked(agent: string, folder: string): Promise<Measurement[]> {
  mkdirSync(folder, { recursive: true });
  const mosquitto = await startExampleMosquitto();
  try {
    return [
      ...(await measureOne(agent, folder, mosquitto.port)),
      await measureMany(agent, folder, mosquitto.port),
    ];
  } finally {
    await mosquitto.remove();
  }
}

async function measureOne(agent: string, folder: string, brokerPort: number): Promise<Measurement[]> {
  const site = await openBatteries(1, { connectMs: 1, advertisingEveryMs: 2 });
  const config = site.configure(folder, brokerPort);
  const walls: number[] = [];
  const loads: number[] = [];
  try {
    for (let round = 0; round < warmRounds + rounds; round++) {
      const { wallMs, cpuMs } = await readOnce({ agent, config, cache: join(folder, 'cache') });
      const silentMs = site.silence.take();
      if (round < warmRounds) continue;
      walls.push(wallMs - silentMs);
      loads.push(cpuMs);
    }
  } finally {
    await site.close();
  }
  const wall = median(walls);
  return [
    {
      what: '`wattline-agent once` for one JBD battery with password, warm, without what the closed module is silent',
      result: `${Math.round(wall)} ms (of a processor ${Math.round(median(loads))} ms)`,
      required: '≤ 200 ms',
      goal: '',
      isMet: wall <= 200,
    },
  ];
}

async function measureMany(agent: string, folder: string, brokerPort: number): Promise<Measurement> {
  const site = await openBatteries(many, { connectMs: roundTripMs, roundTripMs });
  const config = site.configure(folder, brokerPort);
  const shares: number[] = [];
  const spans: number[] = [];
  try {
    for (let round = 0; round < 1 + manyRounds; round++) {
      const { radio } = site;
      const before = radio.packetsTaken + radio.connectAttempts;
      const span = spanOf(site.peripherals);
      await readOnce({ agent, config, cache: join(folder, 'cache') });
      const radioMs =
        roundTripMs * (radio.packetsTaken + radio.connectAttempts - before) + site.silence.take();
      if (round === 0) continue;
      spans.push(span.ms());
      shares.push(span.ms() / radioMs);
    }
  } finally {
    await site.close();
  }
  const share = median(shares);
  return {
    what: `${many} JBD batteries with password on one adapter, ${roundTripMs} ms radio round trip: first connected → last let go, beside the sum of radio waits`,
    result: `${share.toFixed(2)} × (${(median(spans) / 1000).toFixed(1)} s)`,
    required: '≤ 1.3 ×',
    goal: '',
    isMet: share <= 1.3,
  };
}

/** From the first connection to the end of the last. */
function spanOf(peripherals: Awaited<ReturnType<typeof openBatteries>>['peripherals']) {
  let firstMs: number | undefined;
  let lastMs = 0;
  for (const { events } of peripherals) {
    events.once('connect', () => {
      firstMs ??= performance.now();
    });
    events.once('disconnect', () => {
      lastMs = performance.now();
    });
  }
  return { ms: (): number => lastMs - (firstMs ?? lastMs) };
}

async function readOnce(round: Round): Promise<{ wallMs: number; cpuMs: number }> {
  let cpuSeconds = 0;
  const wallMs = await runRound(round, 10, (pid) => {
    cpuSeconds = Math.max(cpuSeconds, usageOf(pid).cpuSeconds);
  });
  // The controller notices the end of its host a moment later.
  await wait(50);
  return { wallMs, cpuMs: cpuSeconds * 1000 };
}
