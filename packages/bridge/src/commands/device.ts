// `device rename|merge|delete`: asks the bridge that runs to do it, or does it in the store when none runs.

import { createClock, type ExitCode, exitCodes, UsageError } from '@wattline/program';
import type { Invocation } from '../command-line.ts';
import { ChangeRefused, type DeviceChange, renamedTopic } from '../keeping/device-change.ts';
import { openPast } from '../keeping/remake.ts';
import { runChange } from '../keeping/run-change.ts';
import { schemaParts } from '../keeping/schema-parts.ts';
import { deviceId } from '../live/device-id.ts';
import { openLog } from '../log/sqlite-log.ts';
import type { SeriesKey } from '../message.ts';
import { openSink } from '../sinks/open-sink.ts';
import { openRemakeLedger } from '../sinks/remake-ledger.ts';
import { notYet, takeOver } from '../sinks/remaking.ts';
import { openRetentionMemory } from '../sinks/retention-memory.ts';
import { openStore } from '../store.ts';
import type { Surround } from '../surround.ts';
import { createLocalDays } from '../tiers/local-days.ts';
import { createTiers } from '../tiers/tiers.ts';
import { windowsOfTiers } from '../tiers/windows.ts';
import type { DeviceChangeView } from '../web/api.ts';
import { existingStore } from './files.ts';
import { findSeries } from './find-series.ts';
import { addressOf, askBridge, bridgeRuns, NoAnswerError } from './running-bridge.ts';

type Asked = Extract<Invocation, { command: 'device' }>;

/** What a store of ten years and its sinks take at most. */
const answerMsMax = 10 * 60_000;

export async function changeDevice(surround: Surround, asked: Asked): Promise<ExitCode> {
  const { configuration, terminal, log } = surround;
  const { isMeant } = asked;
  const file = existingStore(configuration.store);
  const change = changeOf(asked, findSeries(file, asked.device), (word) => findSeries(file, word));
  try {
    const words = bridgeRuns(configuration.store.path)
      ? await askForChange(surround, change, isMeant)
      : await changeHere(surround, change, isMeant);
    for (const line of words) terminal.printLine(line);
    if (!isMeant) terminal.printLine('Nothing is changed yet: say --yes to do it.');
    return exitCodes.done;
  } catch (error) {
    if (error instanceof ChangeRefused) throw new UsageError(error.message);
    if (!(error instanceof NoAnswerError)) throw error;
    log.error(`the bridge that runs (${addressOf(configuration.web)}) did not do it: ${error.message}`);
    return exitCodes.unexpected;
  }
}

function changeOf(
  { change: is, into }: Asked,
  from: SeriesKey,
  find: (word: string) => SeriesKey,
): DeviceChange {
  try {
    if (is === 'rename') return { is, from, into: { topic: renamedTopic(from, into), agent: from.agent } };
  } catch (error) {
    throw error instanceof ChangeRefused ? new UsageError(error.message) : error;
  }
  return is === 'merge' ? { is, from, into: find(into) } : { is, from };
}

async function askForChange(
  { configuration }: Surround,
  change: DeviceChange,
  isMeant: boolean,
): Promise<readonly string[]> {
  const path = `/api/devices/${encodeURIComponent(deviceId(change.from))}/${change.is}`;
  const into =
    change.is === 'delete'
      ? {}
      : { into: change.is === 'rename' ? change.into.topic : deviceId(change.into) };
  const body = { ...into, dry_run: !isMeant };
  const { words } = await askBridge<DeviceChangeView>(configuration.web, path, body, answerMsMax);
  return words;
}

async function changeHere(
  { configuration, log: say }: Surround,
  change: DeviceChange,
  isMeant: boolean,
): Promise<readonly string[]> {
  const { path, sizeBytesMax: bytesMax, retention } = configuration.store;
  const { rawMs, tiers: kept } = retention;
  const clock = createClock();
  const surround = {
    clockSynced: () => clock.isSynced(),
    report: (text: string) => say.warn(text),
  };
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  const log = openLog({ store, rawMs, bytesMax, ...surround });
  const days = createLocalDays(configuration.site.timeZone);
  const now = () => clock.nowMs();
  const tiers = createTiers({ store, log, days, rawMs, tiers: kept, now, ...surround });
  const memory = openRetentionMemory(store.database);
  const past = openPast(store.database);
  const sinks = configuration.sinks.map((written) => {
    const sink = openSink(written, { configuration, memory, clock: now, ...surround });
    const ledger = openRemakeLedger(store, written.name);
    return {
      name: written.name,
      close: () => sink.close(),
      note: ledger.note,
      noted: ledger.count,
      // What is not done now the next bridge does.
      remake: async () => {
        const words = takeOver({ sink, store, ledger, past, clock: now, clockSynced: surround.clockSynced });
        return `sink ${written.name}: ${await words.catch(notYet)}`;
      },
    };
  });
  try {
    return await runChange(
      { store, log, tiers, tierWindows: windowsOfTiers(kept, days), sinks },
      change,
      !isMeant,
    );
  } finally {
    for (const sink of sinks) await sink.close();
    log.close();
    store.close();
  }
}
