// One demonstration from beginning to end: hardware, bridge, agents, a week of history; then everything is taken down.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ExitCode, exitCodes } from '@wattline/program';
import type { Timing } from '../site/simulate.ts';
import { type Bridge, startBridge } from './bridge.ts';
import { writeAgent } from './configurations.ts';
import type { DemoDevice } from './device.ts';
import { type Hardware, plugIn } from './hardware.ts';
import { publishHistory } from './history.ts';
import { type Liveness, liveness } from './liveness.ts';
import type { Place } from './places.ts';
import { ProgramEnded, startProgram } from './programs.ts';

export interface DemonstrationOptions {
  readonly places: readonly Place[];
  /** After so long it ends by itself and judges. */
  readonly forMs?: number;
  /** How far back the history reaches that is there at once. */
  readonly historyMs: number;
  /** Is switched off. */
  readonly faulty?: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly complain: (text: string) => void;
  /** Called however this process ends. */
  readonly onExit: (leave: () => void) => void;
}

const seed = 7;
const historyStepMs = 60_000;
const hourMs = 3_600_000;

export async function demonstrate(options: DemonstrationOptions): Promise<ExitCode> {
  const { forMs, signal } = options;
  const folder = mkdtempSync(join(tmpdir(), 'wattline-demo-'));
  options.onExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const over = forMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(forMs)]);
  const taken: (() => Promise<unknown>)[] = [];
  try {
    return await run(options, folder, over, (undo) => taken.push(undo));
  } catch (error) {
    if (error instanceof ProgramEnded) options.complain(error.message);
    // Ended before everything was up: told to is no failure, too slow is one.
    else if (!over.aborted) throw error;
    return signal.aborted ? exitCodes.done : exitCodes.unexpected;
  } finally {
    for (const undo of taken.reverse()) await undo();
  }
}

/** A place with its hardware in it. */
interface Equipped {
  readonly place: Place;
  readonly devices: readonly DemoDevice[];
  readonly hardware: Hardware;
}

async function run(
  options: DemonstrationOptions,
  folder: string,
  over: AbortSignal,
  later: (undo: () => Promise<unknown>) => void,
): Promise<ExitCode> {
  const { historyMs, faulty, forMs } = options;
  const startMs = Date.now();
  const localOffsetMs = -new Date(startMs).getTimezoneOffset() * 60_000;
  const timing: Timing = { startMs: startMs - historyMs, seed, localOffsetMs };
  const equipped: Equipped[] = [];
  for (const place of options.places) {
    const devices = place.devices(timing);
    const hardware = await plugIn(devices, join(folder, place.id), faulty);
    later(hardware.close);
    equipped.push({ place, devices, hardware });
  }
  const [only, ...others] = options.places;
  const title = others.length === 0 && only !== undefined ? only.title : 'Simulated sites';
  const bridge = await startBridge(folder, title, over);
  later(bridge.stop);
  const agents = equipped.map(({ place, devices, hardware }) => {
    const own = join(folder, place.id);
    mkdirSync(own, { recursive: true });
    const file = writeAgent(own, place.id, bridge.brokerUrl, devices, hardware);
    return startProgram('agent', ['--config', file, 'run']);
  });
  later(() => Promise.all(agents.map(({ stop }) => stop())));
  announce(bridge, equipped, options);
  const ended = Promise.race([bridge, ...agents].map((program) => program.ended));
  const live = liveness(
    bridge,
    equipped.flatMap((each) => unitsOf(each)),
    startMs,
  );
  const expected = equipped.flatMap((each) => unitsOf(each, faulty));
  const told = liveness(bridge, expected, startMs)
    .settled(liveFirstMs, over)
    .then(() => (over.aborted ? undefined : tellHistory(bridge, timing, startMs, options, over, later)));
  await Promise.race([aborted(over), ended, told.then(() => aborted(over), orBecause(ended))]);
  if (forMs === undefined || options.signal.aborted) return exitCodes.done;
  return await judge(live, options);
}

/** What is happening now goes before what has been, for this long. */
const liveFirstMs = 10_000;

/** Names of all that is simulated here. */
const unitsOf = ({ devices, hardware }: Equipped, except?: string): readonly string[] =>
  devices
    .filter(({ name, reach }) => name !== except && (reach.by === 'radio' || hardware.ports.has(name)))
    .flatMap(({ units }) => units);

/** Publishes what has been at each place, and says so. */
async function tellHistory(
  { brokerUrl }: Bridge,
  timing: Timing,
  toMs: number,
  { places, historyMs, say }: DemonstrationOptions,
  over: AbortSignal,
  later: (undo: () => Promise<unknown>) => void,
): Promise<void> {
  const enough = new AbortController();
  const signal = AbortSignal.any([over, enough.signal]);
  const all = Promise.all(
    places.map(({ id, devices }) =>
      publishHistory({
        ...{ brokerUrl, agent: id, devices: devices(timing), stepMs: historyStepMs },
        ...{ fromMs: timing.startMs, toMs, signal },
      }),
    ),
  );
  later(() => {
    enough.abort();
    return all.catch(() => undefined);
  });
  const count = (await all).reduce((sum, each) => sum + each, 0);
  const span = spanOf(historyMs / hourMs);
  say(`  ${count.toLocaleString('en')} readings of the last ${span} stored`);
}

function spanOf(hours: number): string {
  if (hours < 1) return `${Math.round(hours * 60)} minutes`;
  return hours < 48 ? `${Math.round(hours)} hours` : `${Math.round(hours / 24)} days`;
}

/** A program that ended explains why its connections did. */
const orBecause = (ended: Promise<never>) => (error: unknown) =>
  Promise.race([ended, wait(endedWithinMs).then(() => Promise.reject(error))]);
const endedWithinMs = 1000;

/** Says what is where. */
function announce(
  { pageUrl, brokerUrl }: Bridge,
  equipped: readonly Equipped[],
  { say, faulty, forMs }: DemonstrationOptions,
): void {
  const listed = (devices: readonly DemoDevice[]) =>
    devices.map(({ name, definition }) => `${name} (${definition})`).join(', ');
  say(`\n  Page     ${pageUrl}/`);
  say(`  Broker   ${brokerUrl}   topics <vendor>/<type>/<name>`);
  for (const { place, devices, hardware } of equipped) {
    const onAir = devices.filter(({ reach }) => reach.by === 'radio');
    const byCable = devices.filter(({ name }) => hardware.ports.has(name));
    say(`\n  Site     ${place.id}`);
    if (onAir.length > 0) say(`  Radio    ${listed(onAir)}`);
    if (byCable.length > 0) say(`  Cable    ${listed(byCable)}`);
    for (const line of hardware.missing) say(`  Missing  ${line}`);
    for (const line of place.notes ?? []) say(`  Note     ${line}`);
  }
  if (faulty !== undefined) say(`\n  Fault    ${faulty} is switched off`);
  say(
    forMs === undefined
      ? '\n  Ctrl-C ends everything.\n'
      : `\n  Ends by itself ${forMs / 1000} s after it began.\n`,
  );
}

/** A reading may be on its way to the store, and a busy machine late. */
const graceMs = 6000;

async function judge(live: Liveness, { say }: Pick<DemonstrationOptions, 'say'>): Promise<ExitCode> {
  const isComplete = await live.settled(graceMs);
  for (const [name, timeMs] of live.newest())
    say(
      `  ${name}: ${timeMs === undefined ? 'NOT stored' : `stored, newest ${new Date(timeMs).toISOString()}`}`,
    );
  return isComplete ? exitCodes.done : exitCodes.unexpected;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
