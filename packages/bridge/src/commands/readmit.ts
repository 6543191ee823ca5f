// `readmit`: takes back what was set aside. Asks the bridge that runs, or does it in the store when none runs.

import { createClock, type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import { schemaParts } from '../keeping/schema-parts.ts';
import { type Became, type Readmitted, readmitAll } from '../log/readmit.ts';
import { openLog } from '../log/sqlite-log.ts';
import { openStore } from '../store.ts';
import type { Surround } from '../surround.ts';
import { existingStore } from './files.ts';
import { addressOf, askBridge, bridgeRuns, NoAnswerError } from './running-bridge.ts';

/** What 64 MiB of messages take at most. */
const answerMsMax = 5 * 60_000;

export async function readmit(surround: Surround, json: boolean): Promise<ExitCode> {
  const { configuration, terminal, log } = surround;
  existingStore(configuration.store);
  try {
    const readmitted = bridgeRuns(configuration.store.path)
      ? await ask(surround)
      : await readmitHere(surround);
    if (json) terminal.printJson({ readmitted });
    else print(terminal, readmitted);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    log.error(`the bridge that runs (${addressOf(configuration.web)}) did not do it: ${error.message}`);
    return exitCodes.unexpected;
  }
}

async function ask({ configuration }: Surround): Promise<readonly Readmitted[]> {
  const path = '/api/readmit';
  const answer = await askBridge<{ readmitted: readonly Readmitted[] }>(
    configuration.web,
    path,
    {},
    answerMsMax,
  );
  return answer.readmitted;
}

async function readmitHere({ configuration, log: say }: Surround): Promise<readonly Readmitted[]> {
  const { path, sizeBytesMax: bytesMax, retention } = configuration.store;
  const { replacedPrograms } = configuration;
  const clock = createClock();
  const clockSynced = () => clock.isSynced();
  const report = (text: string) => say.warn(text);
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  try {
    const log = openLog({ store, rawMs: retention.rawMs, bytesMax, clockSynced, report, replacedPrograms });
    return await readmitAll(log, () => clock.nowMs());
  } finally {
    store.close();
  }
}

const explained: { readonly [what in Became]: string } = {
  stored: 'stored',
  duplicate: 'known already',
  conflict: 'of the identity of another reading: that one stays',
  state: 'known as a state',
  aside: 'still set aside',
  truncated: 'still set aside: only their beginning was kept',
  clock: 'still set aside: the clock of this machine is not set',
};

function print(terminal: Terminal, readmitted: readonly Readmitted[]): void {
  if (readmitted.length === 0) terminal.printLine('nothing is set aside');
  for (const { reason, became, count } of readmitted)
    terminal.printLine(`${reason}: ${count} ${explained[became]}`);
}
