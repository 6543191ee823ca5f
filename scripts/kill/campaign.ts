// Kills agent and bridge at random moments under load, and judges: everything the agent said it accepted is stored, once
// and as it was, and nothing else is.

import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../../packages/protocols/test/random.ts';
import { type KillSite, type Measurement, openKillSite, type ProgramName } from './site.ts';

export interface Campaign {
  readonly folder: string;
  readonly kills: number;
  /** Repeats the schedule: which program, and after how many readings. */
  readonly seed: number;
  /** In place of the bridge's own broker, which is killed with it. */
  readonly broker?: string;
  readonly progress?: (text: string) => void;
}

export interface Verdict {
  readonly kills: number;
  readonly accepted: number;
  readonly stored: number;
  /** Accepted and not stored, or not as it was. */
  readonly lost: readonly string[];
  /** Stored more than once. */
  readonly doubled: readonly string[];
  /** Stored, but never measured. */
  readonly invented: readonly string[];
}

const startingShare = 0.25;
const startingMsMax = 600;
/** Readings accepted between two kills, at most. */
const acceptedMax = 30;
const drainWithinMs = 60_000;
/** Both die at once, as in a power cut. */
const bothShare = 0.15;

export async function runCampaign(campaign: Campaign): Promise<Verdict> {
  const { kills, folder, broker, progress = () => undefined } = campaign;
  const random = randomOf(campaign.seed);
  const site = await openKillSite(folder, broker);
  const startMs = Date.now();
  try {
    site.start('bridge');
    // A broker of its own keeps nothing for a bridge that it has never met.
    await caughtUp(site);
    site.start('agent');
    for (let kill = 0; kill < kills; kill++) {
      // Often in the middle of work, now and then while something is still starting.
      if (random.fraction() < startingShare) await wait(random.below(startingMsMax));
      else await site.whenAccepted(site.accepted.length + 1 + random.below(acceptedMax));
      const victims = victimsOf(random.fraction());
      await Promise.all(victims.map(site.kill));
      for (const name of victims) site.start(name);
      progress(`${kill + 1} of ${kills} killed, ${site.accepted.length} readings accepted`);
    }
    await drained(site);
    await site.stop('agent');
    await caughtUp(site);
    // What a bridge has that just started is what is on disk.
    await site.stop('bridge');
    site.start('bridge');
    await caughtUp(site);
    return { kills, ...(await judge(site, startMs)) };
  } finally {
    await site.close();
  }
}

const victimsOf = (draw: number): ProgramName[] => {
  if (draw < bothShare) return ['agent', 'bridge'];
  return draw < (1 + bothShare) / 2 ? ['agent'] : ['bridge'];
};

/** Until nothing waits in the outbox any more; agent and bridge run. */
async function drained(site: KillSite): Promise<void> {
  const untilMs = performance.now() + drainWithinMs;
  const before = site.accepted.length;
  while (performance.now() < untilMs) {
    const { readings } = JSON.parse(await site.command('agent', 'outbox', '--json')) as { readings: number };
    if (readings === 0 && site.accepted.length > before) return;
    await wait(200);
  }
  throw new Error(`the outbox was not delivered within ${drainWithinMs / 1000} s`);
}

const quietMs = 1500;

/** Until the bridge is at its broker and gets nothing more. */
async function caughtUp(site: KillSite): Promise<void> {
  const untilMs = performance.now() + drainWithinMs;
  const received = () =>
    site.ask('/api/status').then(
      (status): number | undefined => {
        const { broker, accounts } = JSON.parse(status);
        return broker.connected ? accounts.received : undefined;
      },
      () => undefined,
    );
  for (let before = await received(); performance.now() < untilMs; ) {
    await wait(quietMs);
    const now = await received();
    if (now !== undefined && now === before) return;
    before = now;
  }
  throw new Error(`the bridge did not come to rest within ${drainWithinMs / 1000} s`);
}

const keyOf = ({ charger, number }: Measurement): string => `${charger} ${number}`;

async function judge(site: KillSite, startMs: number): Promise<Omit<Verdict, 'kills'>> {
  const stored: Measurement[] = [];
  for (const charger of site.chargers) {
    const text = await site.ask(`/api/export?device=${charger}&from=0&format=jsonl`);
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const { time, pv_power: number } = JSON.parse(line);
      stored.push({ charger, number, timeMs: time });
    }
  }
  const times = new Map(stored.map((each) => [keyOf(each), each.timeMs]));
  const isMade = ({ charger, number, timeMs }: Measurement): boolean =>
    number >= 1 && number <= site.made(charger) && timeMs >= startMs && timeMs <= Date.now();
  return {
    accepted: site.accepted.length,
    stored: stored.length,
    lost: site.accepted.filter((each) => times.get(keyOf(each)) !== each.timeMs).map(keyOf),
    doubled: [...Map.groupBy(stored, keyOf)].filter(([, each]) => each.length > 1).map(([key]) => key),
    invented: stored.filter((each) => !isMade(each)).map(keyOf),
  };
}
