// A sink of the configuration at work in the bridge that runs: what feeds it, and what surrounds it.

import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Log as Say } from '@wattline/program';
import type { BridgeConfiguration, SinkConfiguration } from './config/configuration.ts';
import { openPast } from './keeping/remake.ts';
import type { Live } from './live/live.ts';
import type { Log } from './log/log.ts';
import { agePoints } from './sinks/ages.ts';
import { type Delivery, startDelivery } from './sinks/delivery.ts';
import { readingFeed, windowFeed } from './sinks/feeds.ts';
import { openSink } from './sinks/open-sink.ts';
import { readingPoints, windowPoints } from './sinks/point.ts';
import { keepReady } from './sinks/ready.ts';
import { openRetentionMemory } from './sinks/retention-memory.ts';
import type { Store } from './store.ts';
import type { Tiers } from './tiers/tiers.ts';

interface DeliverParts {
  readonly configuration: BridgeConfiguration;
  readonly clock: Clock;
  readonly log: Say;
}

/** Cut short by the signal, the wait is simply over. */
export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined);

interface Sources {
  readonly store: Store;
  readonly log: Pick<Log, 'read' | 'head' | 'onStored'>;
  readonly tail: Log['tail'];
  readonly tiers: Tiers;
  readonly live: Pick<Live, 'devices'>;
}

/** The sink of a configuration, fed from here on. */
export function deliver(
  { configuration, clock, log: say }: DeliverParts,
  sink: SinkConfiguration,
  sources: Sources,
): Delivery {
  const surround = {
    clock: () => clock.nowMs(),
    clockSynced: () => clock.isSynced(),
    report: (text: string) => say.warn(text),
  };
  const { log, tail, tiers } = sources;
  const memory = openRetentionMemory(sources.store.database);
  const newest = () => ({ readings: log.head(), windows: tiers.revision() });
  const held = () => ({ readings: tail() - 1, windows: 0 });
  const opened = openSink(sink, { configuration, memory, ...surround });
  return startDelivery({
    name: sink.name,
    type: sink.type,
    sink: opened,
    store: sources.store,
    readings: readingFeed(log, readingPoints),
    ready: opened.text && keepReady(log, readingPoints, opened.text.encode),
    readingsHeldMs: configuration.store.retention.rawMs,
    windows: windowFeed(sources.tiers, windowPoints),
    past: openPast(sources.store.database),
    ages: () => agePoints(sources.live.devices.standing(surround.clock()), surround.clock()),
    positions: (which) => (which === 'begin' && sink.fromBeginning ? held() : newest()),
    random: Math.random,
    sleep,
    ...surround,
  });
}
