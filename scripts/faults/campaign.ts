// One campaign: a site at work, faults at random moments for as long as was asked, then calm, and the judgement.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checkAccounts } from '../../packages/bridge/src/web/accounts.ts';
import type { StatusView } from '../../packages/bridge/src/web/status-views.ts';
import { randomOf } from '../../packages/protocols/test/random.ts';
import { type Mosquitto, startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { calm } from './calm.ts';
import { mountDisk } from './disk.ts';
import { faults, type Scene, shares, type Trouble, troubles } from './faults.ts';
import { type Findings, judge } from './judge.ts';
import { openSite, type Site } from './site.ts';

export interface Campaign {
  readonly folder: string;
  /** Repeats the schedule of each kind of trouble, as far as processes can be made to repeat. */
  readonly seed: number;
  readonly broker: 'mosquitto' | 'embedded';
  /** Whichever comes first. */
  readonly until: { readonly faults?: number; readonly ms?: number };
  readonly only?: readonly Trouble[];
  /** Whether a file system is mounted, to be filled. */
  readonly mounts: boolean;
  readonly faketime?: string;
  readonly progress?: (faults: number, accepted: number) => void;
}

export interface Verdict extends Findings {
  readonly faults: number;
  /** By what was done. */
  readonly done: { readonly [fault: string]: number };
  /** How often the accounts were looked at, and what did not close. */
  readonly looks: number;
  readonly openAccounts: readonly string[];
  /** Programs that ended by themselves though the disk was not full. */
  readonly gaveUp: readonly string[];
}

/** A program may need so long to give up for want of disk. */
const afterFullMs = 5_000;

export async function runCampaign(campaign: Campaign): Promise<Verdict> {
  const { folder, mounts, faketime } = campaign;
  const diskPath = join(folder, 'disk');
  const disk = mounts ? mountDisk(diskPath) : void mkdirSync(diskPath);
  const mosquitto = campaign.broker === 'mosquitto' ? await openMosquitto() : undefined;
  const gaveUp: string[] = [];
  let excusedUntilMs = 0;
  const site = await openSite({
    ...{ folder, disk: diskPath, ...(faketime === undefined ? {} : { faketime }) },
    ...(mosquitto === undefined ? {} : { broker: mosquitto.port }),
    surprised: (name, { code, signal, stderr }) => {
      if (performance.now() < excusedUntilMs) return;
      gaveUp.push(`${name} ended with ${code ?? signal}: ${stderr.slice(-1_000)}`);
    },
  });
  const diskIsFull = (full: boolean): void => {
    excusedUntilMs = full ? Number.POSITIVE_INFINITY : performance.now() + afterFullMs;
  };
  const startMs = Date.now();
  const watching = watchAccounts(site);
  try {
    site.programs.bridge.start();
    // A broker of its own keeps nothing for a bridge that it has never met.
    await calm.connected(site);
    site.programs.agent.start();
    const done = await cause(campaign, { site, mosquitto, disk: disk ?? undefined, diskIsFull });
    await calm.settle(site);
    const { looks, openAccounts } = watching.stop();
    const findings = await judge(site, diskPath, startMs);
    return { faults: sumOf(done), done, looks, openAccounts, gaveUp, ...findings };
  } finally {
    watching.stop();
    await site.close();
    await mosquitto?.remove();
    disk?.close();
  }
}

/** One that writes every change down. */
const openMosquitto = (): Promise<Mosquitto> =>
  startMosquitto({ lines: ['persistence true', 'autosave_on_changes true', 'autosave_interval 1'] });

/** A kind of trouble may be ahead of the others by such a part of what is asked: they are to meet. */
const aheadMax = 0.05;
const waitForOthersMs = 50;

/** All kinds of trouble side by side; resolves with how often what was done. */
async function cause({ seed, until, only = troubles, progress }: Campaign, scene: Scene) {
  const done: { [fault: string]: number } = {};
  const startMs = performance.now();
  const whole = only.reduce((sum, trouble) => sum + shares[trouble], 0);
  const lanes = only.map((trouble) => ({
    trouble,
    count: 0,
    quota: Math.ceil(((until.faults ?? Number.POSITIVE_INFINITY) * shares[trouble]) / whole),
    random: randomOf(seed * troubles.length + troubles.indexOf(trouble)),
  }));
  let failed = false;
  const isOver = () => failed || performance.now() - startMs >= (until.ms ?? Number.POSITIVE_INFINITY);
  const work = async (lane: (typeof lanes)[number]): Promise<void> => {
    while (lane.count < lane.quota && !isOver()) {
      const slowest = Math.min(...lanes.map(({ count, quota }) => count / quota));
      if (lane.count / lane.quota > slowest + aheadMax) {
        await wait(waitForOthersMs);
        continue;
      }
      const name = await faults[lane.trouble](scene, lane.random);
      if (name === undefined) continue;
      lane.count++;
      done[name] = (done[name] ?? 0) + 1;
      progress?.(sumOf(done), scene.site.accepted.length);
    }
  };
  const stopAll = (error: unknown): never => {
    failed = true;
    throw error;
  };
  await Promise.all(lanes.map((lane) => work(lane).catch(stopAll)));
  return done;
}

const sumOf = (counts: { readonly [name: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const lookEveryMs = 250;

/** Looks at every answer of the bridge, as long as it answers. */
function watchAccounts(site: Site) {
  const openAccounts: string[] = [];
  let looks = 0;
  let going = true;
  void (async () => {
    while (going) {
      const answer = await site.ask('/api/status').catch(() => undefined);
      if (answer !== undefined) {
        looks++;
        openAccounts.push(...checkAccounts(JSON.parse(answer) as StatusView));
      }
      await wait(lookEveryMs);
    }
  })();
  return {
    stop: () => {
      going = false;
      return { looks, openAccounts };
    },
  };
}
