// One demonstration from beginning to end: hardware, bridge, agent, a week of history; then everything is taken down.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ExitCode, exitCodes } from '@wattline/program';
import { createSite, type SimulatedDevice } from '../site/site.ts';
import { type Bridge, startBridge } from './bridge.ts';
import { writeAgent } from './configurations.ts';
import { cableDevices, radioDevices } from './devices.ts';
import { type Hardware, plugIn } from './hardware.ts';
import { publishHistory } from './history.ts';
import { ProgramEnded, startProgram } from './programs.ts';

export interface DemonstrationOptions {
  /** After so long it ends by itself and judges. */
  readonly forMs?: number;
  /** How far back the history reaches that is there at once. */
  readonly historyMs: number;
  /** Is switched off. */
  readonly faulty?: SimulatedDevice;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly complain: (text: string) => void;
  /** Called however this process ends. */
  readonly onExit: (leave: () => void) => void;
}

const agent = 'demo';
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

async function run(
  options: DemonstrationOptions,
  folder: string,
  over: AbortSignal,
  later: (undo: () => Promise<unknown>) => void,
): Promise<ExitCode> {
  const { historyMs, faulty, say, forMs } = options;
  const startMs = Date.now();
  const siteFrom = () =>
    createSite(startMs - historyMs, seed, -new Date(startMs).getTimezoneOffset() * 60_000);
  const hardware = await plugIn(siteFrom(), folder, faulty);
  later(hardware.close);
  const bridge = await startBridge(folder, over);
  later(bridge.stop);
  const program = startProgram('agent', [
    '--config',
    writeAgent(folder, agent, bridge.brokerUrl, hardware),
    'run',
  ]);
  later(program.stop);
  announce(bridge, hardware, options);
  const enough = new AbortController();
  const history = publishHistory({
    ...{ brokerUrl: bridge.brokerUrl, agent, site: siteFrom(), stepMs: historyStepMs },
    ...{ fromMs: startMs - historyMs, toMs: startMs, signal: AbortSignal.any([over, enough.signal]) },
  });
  later(() => {
    enough.abort();
    return history.catch(() => undefined);
  });
  const told = history.then((count) => {
    const hours = Math.round(historyMs / hourMs);
    const span = hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
    say(`  ${count.toLocaleString('en')} readings of the last ${span} stored`);
  });
  const ended = Promise.race([bridge.ended, program.ended]);
  await Promise.race([aborted(over), ended, told.then(() => aborted(over), orBecause(ended))]);
  if (forMs === undefined || options.signal.aborted) return exitCodes.done;
  return await judge(bridge, hardware, startMs, say);
}

/** A program that ended explains why its connections did. */
const orBecause = (ended: Promise<never>) => (error: unknown) =>
  Promise.race([ended, wait(endedWithinMs).then(() => Promise.reject(error))]);
const endedWithinMs = 1000;

/** Says what is where. */
function announce({ pageUrl, brokerUrl }: Bridge, hardware: Hardware, options: DemonstrationOptions): void {
  const { say, faulty, forMs } = options;
  const listed = (devices: readonly { readonly name: string; readonly type: string }[]) =>
    devices.map(({ name, type }) => `${name} (${type})`).join(', ');
  const cables = cableDevices.filter(({ name }) => hardware.ports.has(name));
  say(`\n  Page     ${pageUrl}/`);
  say(`  Broker   ${brokerUrl}   topics victron/<type>/<name>`);
  say(`  Radio    ${listed(radioDevices)}`);
  if (cables.length > 0) say(`  Cable    ${listed(cables)}`);
  for (const line of hardware.missing) say(`  Missing  ${line}`);
  if (faulty !== undefined) say(`  Fault    ${faulty} is switched off`);
  say(
    forMs === undefined
      ? '\n  Ctrl-C ends everything.\n'
      : `\n  Ends by itself ${forMs / 1000} s after it began.\n`,
  );
}

/** A reading may be on its way to the store. */
const graceMs = 3000;
const askAgainMs = 200;

/** Every device that could be simulated here must have been stored live. */
async function judge(
  bridge: Pick<Bridge, 'newest'>,
  { ports }: Pick<Hardware, 'ports'>,
  startMs: number,
  say: (line: string) => void,
): Promise<ExitCode> {
  const wanted = [...radioDevices.map(({ name }) => name), ...ports.keys()];
  const untilMs = performance.now() + graceMs;
  let stored = await bridge.newest();
  const isLive = (name: string): boolean => (stored.get(name) ?? 0) >= startMs;
  while (!wanted.every(isLive) && performance.now() < untilMs) {
    await wait(askAgainMs);
    stored = await bridge.newest();
  }
  for (const name of wanted) {
    const newest = isLive(name)
      ? `stored, newest ${new Date(stored.get(name) ?? 0).toISOString()}`
      : 'NOT stored';
    say(`  ${name}: ${newest}`);
  }
  return wanted.every(isLive) ? exitCodes.done : exitCodes.unexpected;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
