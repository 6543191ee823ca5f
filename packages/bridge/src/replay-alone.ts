// A replay where no bridge runs: opens the store as the bridge does, and closes it when it is over.

import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@wattline/program';
import type { BridgeConfiguration, SinkConfiguration } from './config/configuration.ts';
import { openPast } from './keeping/remake.ts';
import { schemaParts } from './keeping/schema-parts.ts';
import { openLog } from './log/sqlite-log.ts';
import { refusalOf } from './sinks/drain.ts';
import { readingFeed, windowFeed } from './sinks/feeds.ts';
import { openLedger } from './sinks/ledger.ts';
import { openSink } from './sinks/open-sink.ts';
import { readingPoints, windowPoints } from './sinks/point.ts';
import { openRemakeLedger } from './sinks/remake-ledger.ts';
import { afterChanges } from './sinks/remaking.ts';
import { type ReplaySpan, startReplay } from './sinks/replay.ts';
import { openRetentionMemory } from './sinks/retention-memory.ts';
import { openStore } from './store.ts';
import { createLocalDays } from './tiers/local-days.ts';
import { createTiers } from './tiers/tiers.ts';
import type { ReplayView } from './web/status-views.ts';

interface Parts {
  readonly configuration: BridgeConfiguration;
  readonly sink: SinkConfiguration;
  readonly span: ReplaySpan;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (text: string) => void;
  /** Hears how far it is. */
  readonly follow: (view: ReplayView) => void;
}

const followEveryMs = 500;

/** @throws Error in words when the store is in use. */
export async function replayWithoutBridge(parts: Parts): Promise<ReplayView> {
  const { configuration, sink, span, clock, signal, report, follow } = parts;
  const { replacedPrograms } = configuration;
  const { retention, path, sizeBytesMax } = configuration.store;
  const surround = { clock: () => clock.nowMs(), clockSynced: () => clock.isSynced(), report };
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  const log = openLog({
    ...surround,
    store,
    rawMs: retention.rawMs,
    bytesMax: sizeBytesMax,
    replacedPrograms,
  });
  const days = createLocalDays(configuration.site.timeZone);
  const now = surround.clock;
  const tiers = createTiers({ ...surround, ...retention, store, log, days, now });
  const opened = openSink(sink, { configuration, memory: openRetentionMemory(store.database), ...surround });
  const ledger = openLedger(store, sink.name, 'replay');
  const replay = startReplay({
    ...surround,
    sink: afterChanges({
      ...{ ...surround, sink: opened, store, past: openPast(store.database) },
      ledger: openRemakeLedger(store, sink.name),
    }),
    span,
    readings: readingFeed(log, readingPoints),
    windows: windowFeed(tiers, windowPoints),
    until: { readings: log.head(), windows: tiers.revision() },
    random: Math.random,
    sleep: (ms, stopped) => wait(ms, undefined, { signal: stopped }).catch(() => undefined),
    beforeLive: (work) => work(),
    keepRefused: (refused) => ledger.keep(refused.map(refusalOf)),
  });
  const timer = setInterval(() => follow(replay.view()), followEveryMs);
  signal.addEventListener('abort', () => void replay.stop(), { once: true });
  await replay.over;
  clearInterval(timer);
  await opened.close();
  log.close();
  store.close();
  return replay.view();
}
