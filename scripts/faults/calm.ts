// The end of the faults: everything works again, what waits is delivered, and nothing moves any more.

import { setTimeout as wait } from 'node:timers/promises';
import type { StatusView } from '../../packages/bridge/src/web/status-views.ts';
import type { Site } from './site.ts';

/** A sink that was away waits up to a minute before it tries again. */
const withinMs = 180_000;
const quietMs = 1_500;
const clockSeenMs = 2_000;
/** A reading is confirmed or synced by then. */
const acceptedMs = 2_500;

async function status(site: Site): Promise<StatusView | undefined> {
  const answer = await site.ask('/api/status').catch(() => undefined);
  return answer === undefined ? undefined : (JSON.parse(answer) as StatusView);
}

async function until(what: string, site: Site, holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    if (await holds()) return;
    await wait(200);
  }
  const answer = await status(site);
  const seen = answer && {
    broker: answer.broker,
    agents: answer.agents.map(({ state, outbox }) => ({ state, outbox })),
    sinks: answer.sinks,
    accounts: answer.accounts,
  };
  throw new Error(`${what}: not within ${withinMs / 1000} s. ${JSON.stringify(seen)}`);
}

const connected = (site: Site): Promise<void> =>
  until('the bridge is at its broker', site, async () => (await status(site))?.broker.connected ?? false);

/** Until no reading comes any more, and none waits in the outbox. */
async function drained(site: Site): Promise<void> {
  site.fallSilent();
  let before = -1;
  await until('the outbox is delivered', site, async () => {
    const isQuiet = before === site.accepted.length;
    before = site.accepted.length;
    await wait(acceptedMs);
    return isQuiet && (await site.outbox()) === 0;
  });
}

/** Until the bridge gets nothing more, and everything it has is in tiers and sinks, where asked for once more. */
async function caughtUp(site: Site, withSettling: boolean): Promise<void> {
  let before: number | undefined;
  await until('the bridge comes to rest', site, async () => {
    await wait(quietMs);
    const seen = await status(site);
    if (seen === undefined) return false;
    const { broker, accounts, sinks } = seen;
    const isQuiet = before === accounts.received && broker.connected && accounts.waiting === 0;
    before = accounts.received;
    const isDelivered = sinks.every(
      ({ readings, windows, settling = 0 }) =>
        readings.pending + windows.pending + (withSettling ? settling : 0) === 0,
    );
    return isQuiet && accounts.tiers.pending === 0 && isDelivered;
  });
}

/** Every clock was wrong by less, and every window has ended by then. */
const aheadSeconds = 30 * 3_600;

async function settle(site: Site): Promise<void> {
  for (const clock of Object.values(site.clocks ?? {})) clock.step(0);
  await drained(site);
  await site.programs.agent.stop();
  await caughtUp(site, false);
  site.clocks?.bridge.step(aheadSeconds);
  await wait(clockSeenMs);
  // What was measured by a clock that was ahead was set aside until that time has come.
  await site.ask('/api/readmit', 'POST');
  // What a bridge has that just started is what is on disk.
  await site.programs.bridge.stop();
  site.programs.bridge.start();
  await caughtUp(site, true);
}

export const calm = { connected, settle };
