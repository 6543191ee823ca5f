// Kills agent and bridge at random moments under load, and judges: everything the agent said it accepted is stored, once.

import { setTimeout as wait } from 'node:timers/promises';
import { type KillSite, keyOf, openKillSite, type ProgramName } from './site.ts';

export interface Campaign {
  readonly root: string;
  readonly folder: string;
  readonly kills: number;
  /** Repeats the schedule: which program, and after how many readings. */
  readonly seed: number;
  readonly progress?: (text: string) => void;
}

export interface Verdict {
  readonly kills: number;
  readonly accepted: number;
  readonly stored: number;
  /** Accepted and not stored. */
  readonly lost: readonly string[];
  /** Stored more than once. */
  readonly doubled: readonly string[];
}

const startingShare = 0.25;
const startingMsMax = 600;
/** Readings accepted between two kills, at most. */
const acceptedMax = 30;
const drainWithinMs = 60_000;

/** mulberry32: small, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function runCampaign(campaign: Campaign): Promise<Verdict> {
  const { kills, progress = () => undefined } = campaign;
  const random = createRandom(campaign.seed);
  const site = await openKillSite(campaign.root, campaign.folder);
  try {
    site.start('bridge');
    site.start('agent');
    for (let kill = 0; kill < kills; kill++) {
      // Often in the middle of work, now and then while something is still starting.
      if (random() < startingShare) await wait(random() * startingMsMax);
      else await site.whenAccepted(site.accepted.size + 1 + Math.floor(random() * acceptedMax));
      const name: ProgramName = random() < 0.5 ? 'agent' : 'bridge';
      await site.kill(name);
      site.start(name);
      progress(`${kill + 1} of ${kills} killed, ${site.accepted.size} readings accepted`);
    }
    await drained(site);
    const codes = [await site.stop('agent'), await site.stop('bridge')];
    if (codes.some((code) => code !== 0))
      throw new Error(`a program did not end in order: ${codes.join(', ')}`);
    return await judge(site, kills);
  } finally {
    await site.close();
  }
}

/** Until nothing waits in the outbox any more; agent and bridge run. */
async function drained(site: KillSite): Promise<void> {
  const untilMs = performance.now() + drainWithinMs;
  const before = site.accepted.size;
  while (performance.now() < untilMs) {
    const { readings } = JSON.parse(await site.command('agent', 'outbox', '--json')) as { readings: number };
    if (readings === 0 && site.accepted.size > before) return;
    await wait(200);
  }
  throw new Error(`the outbox was not delivered within ${drainWithinMs / 1000} s`);
}

async function judge(site: KillSite, kills: number): Promise<Verdict> {
  const counts = new Map<string, number>();
  for (const name of site.names) {
    const text = await site.command('bridge', 'export', name, '--format', 'jsonl');
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const { time } = JSON.parse(line) as { time: number };
      const key = keyOf(`victron/solar_charger/${name}`, time);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return {
    kills,
    accepted: site.accepted.size,
    stored: [...counts.values()].reduce((sum, count) => sum + count, 0),
    lost: [...site.accepted].filter((key) => !counts.has(key)),
    doubled: [...counts].filter(([, count]) => count > 1).map(([key]) => key),
  };
}
