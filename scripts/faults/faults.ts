// What goes wrong in a campaign: three kinds of trouble side by side, each at random moments of its own.

import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../packages/protocols/test/random.ts';
import type { Mosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import type { Disk } from './disk.ts';
import type { Site } from './site.ts';

/** kills: of programs; links: between them; surroundings: clocks and the disk. */
export const troubles = ['kills', 'links', 'surroundings'] as const;
export type Trouble = (typeof troubles)[number];

/** What of all faults is of one kind. */
export const shares: { readonly [trouble in Trouble]: number } = {
  kills: 0.05,
  links: 0.92,
  surroundings: 0.03,
};

export interface Scene {
  readonly site: Site;
  readonly mosquitto: Mosquitto | undefined;
  /** Absent where none can be mounted. */
  readonly disk: Disk | undefined;
  readonly diskIsFull: (full: boolean) => void;
}

/** Waits for its moment, does something and says what; `undefined`: there was nothing to do it to. */
export type Fault = (scene: Scene, random: Random) => Promise<string | undefined>;

const startingShare = 0.25;
const startingMsMax = 600;
/** Readings accepted between two kills, at most. */
const acceptedMax = 30;

const kill: Fault = async (scene, random) => {
  const { site } = scene;
  // Often in the middle of work, now and then while something is still starting.
  if (random.fraction() < startingShare) await wait(random.below(startingMsMax));
  else await site.whenAccepted(site.accepted.length + 1 + random.below(acceptedMax));
  const { agent, bridge } = site.programs;
  const victims: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['kill agent', agent.kill],
    ['kill bridge', bridge.kill],
    // As in a power cut of one machine.
    ['kill agent and bridge', () => Promise.all([agent.kill(), bridge.kill()])],
    ...(scene.mosquitto === undefined
      ? [['kill bridge', bridge.kill] as const]
      : [['kill Mosquitto', () => killMosquitto(scene)] as const]),
    ...site.databases.map(({ name, kill: end }) => [`kill ${name}`, end] as const),
  ];
  const [name, end] = random.pick(victims) ?? [];
  await end?.();
  return name;
};

/**
 * Mosquitto confirms a message before it is on the disk, so that what it confirmed in its last moment is lost with it:
 * the agent, which believes it, is kept from sending until all is written down.
 */
async function killMosquitto({ site, mosquitto }: Scene): Promise<void> {
  const release = site.links.find(({ name }) => name === 'agent and broker')?.link.hold();
  await mosquitto?.writeDown();
  await mosquitto?.kill();
  await mosquitto?.start();
  release?.();
}

const betweenLinksMsMax = 200;
const delayMsMax = 250;
/** A client that is cut off again and again waits longer and longer before it connects: most faults only delay. */
const [delayShare, cutShare] = [0.9, 0.05];

const link: Fault = async ({ site }, random) => {
  await wait(random.below(betweenLinksMsMax));
  const chosen = random.pick(site.links);
  if (chosen === undefined) return undefined;
  const [draw, ms] = [random.fraction(), random.below(delayMsMax)];
  const how = random.pick(['closed', 'reset', 'in the middle'] as const) ?? 'closed';
  if (draw < delayShare) return chosen.link.stall(ms) ? 'delay' : undefined;
  if (draw < delayShare + cutShare) return chosen.link.cut(how) ? 'cut' : undefined;
  return chosen.link.duplicate() ? 'duplicate' : undefined;
};

const betweenMsMax = 2_000;
const fullMsMax = 3_000;
/** Beyond, steps need other rights of a clock than a drift has. */
const stepSecondsMax = 3 * 3_600;

const surroundings: Fault = async ({ site, disk, diskIsFull }, random) => {
  const [pauseMs, draw, fullMs] = [random.below(betweenMsMax), random.fraction(), random.below(fullMsMax)];
  const seconds = random.below(2 * stepSecondsMax) - stepSecondsMax;
  const [whose, back] = [random.pick(['agent', 'bridge'] as const) ?? 'agent', random.fraction() < 0.4];
  await wait(pauseMs);
  if (disk !== undefined && draw < 0.5) {
    diskIsFull(true);
    disk.fill();
    await wait(fullMs);
    disk.free();
    diskIsFull(false);
    return 'full disk';
  }
  if (site.clocks === undefined) return undefined;
  site.clocks[whose].step(back ? 0 : seconds);
  return `clock of ${whose}`;
};

export const faults: { readonly [trouble in Trouble]: Fault } = { kills: kill, links: link, surroundings };
