// `report --out FILE`: all that somebody who is asked for help needs to see, and nothing that must stay secret.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { arch, availableParallelism, freemem, platform, release, totalmem } from 'node:os';
import { type ExitCode, exitCodes, UsageError } from '@wattline/program';
import { describeStore } from '../keeping/describe-store.ts';
import { storeFile } from '../store.ts';
import type { Surround } from '../surround.ts';
import { addressOf, askBridge, askForText, NoAnswerError } from './running-bridge.ts';

/** What the running bridge says of itself, by path. */
const paths = [
  '/api/status',
  '/api/devices',
  '/api/agents',
  '/api/alarms?from=-7d',
  '/api/faults',
  '/readyz',
] as const;

export async function report(surround: Surround, out: string): Promise<ExitCode> {
  const { configuration, terminal, redactor, version } = surround;
  const { path } = configuration.store;
  const content = {
    about:
      'A report of wattline-bridge: configuration without secrets, versions, counters, last faults, storage.',
    made: new Date().toISOString(),
    version,
    machine: {
      node: process.version,
      system: `${platform()} ${release()} ${arch()}`,
      processors: availableParallelism(),
      memory: { bytes: totalmem(), free: freemem() },
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    configuration,
    store: describeStore(path, storeFile(path)),
    bridge: await askAll(surround),
  };
  const text = JSON.stringify(content, null, 2);
  write(out, `${redactor.clean(text)}\n`);
  terminal.printLine(
    `${out} is written. It names devices, agents, addresses and topics; passwords, tokens and keys are left out.`,
  );
  return exitCodes.done;
}

async function askAll({ configuration: { web } }: Surround): Promise<object> {
  const found: Record<string, unknown> = { address: addressOf(web) };
  for (const path of paths) found[path] = await orProblem(askBridge(web, path));
  const metrics = await orProblem(askForText(web, '/metrics'));
  found['/metrics'] = typeof metrics === 'string' ? metrics.split('\n') : metrics;
  return found;
}

/** A bridge that does not answer is a finding, and no reason to go without the rest. */
async function orProblem<Answer>(asking: Promise<Answer>): Promise<Answer | { problem: string }> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof NoAnswerError) return { problem: error.message };
    throw error;
  }
}

/** For its owner only, and never in place of another file. @throws UsageError */
function write(out: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(out, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${out} is there already: choose another name`);
  }
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
