// The composition root: reads the command line, the environment and the configuration, and builds what a command needs.

import { homedir, hostname } from 'node:os';
import {
  createLog,
  createRedactor,
  createTerminal,
  type ExitCode,
  exitCodes,
  type Log,
  logStyleOf,
  runProgram,
  type Surroundings,
  type Terminal,
} from '@wattline/program';
import manifest from '../package.json' with { type: 'json' };
import { type Invocation, parseCommandLine } from './command-line.ts';
import type { BridgeConfiguration } from './config/configuration.ts';
import { loadBridgeConfiguration } from './config/load.ts';

/** What every command has at hand. */
export interface Surround {
  readonly configuration: BridgeConfiguration;
  readonly surroundings: Surroundings;
  readonly terminal: Terminal;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** This program's file: what it was built with lies beside it. */
  readonly mainFile: string;
  readonly version: string;
}

export async function startProgram(host: NodeJS.Process): Promise<void> {
  const { env: environment, argv, stdout, stderr } = host;
  const terminal = createTerminal({ stdout, stderr, environment });
  const redactor = createRedactor();
  const style = logStyleOf(stderr, environment);
  const openLog = (level: Invocation['level']): Log =>
    createLog({ level, style, colour: terminal.colour, write: terminal.writeError, redactor });
  const surroundings: Surroundings = {
    environment,
    workingDirectory: host.cwd(),
    homeDirectory: homedir(),
    hostName: hostname(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  await runProgram(
    async (stop) => {
      const invocation = parseCommandLine(argv.slice(2), manifest.version);
      if (invocation.command === 'print') {
        terminal.printLine(invocation.text);
        return exitCodes.done;
      }
      const log = openLog(invocation.level);
      const loaded = loadBridgeConfiguration(invocation.config, surroundings);
      for (const secret of loaded.secrets) redactor.hide(secret);
      if (invocation.command === 'run')
        log.info(`configuration: ${loaded.file ?? 'none, embedded defaults'}`);
      return execute(invocation, {
        configuration: loaded.configuration,
        surroundings,
        terminal,
        log,
        signal: AbortSignal.any([stop, parentGone(host)]),
        mainFile: argv[1] ?? '',
        version: manifest.version,
      });
    },
    { log: openLog('info'), process: host },
  );
}

/** A program that started us with a channel (the demonstration does) takes us with it, however it goes. */
function parentGone(host: NodeJS.Process): AbortSignal {
  const gone = new AbortController();
  if (host.connected) host.once('disconnect', () => gone.abort());
  return gone.signal;
}

async function execute(
  invocation: Exclude<Invocation, { command: 'print' }>,
  surround: Surround,
): Promise<ExitCode> {
  switch (invocation.command) {
    case 'run': {
      const { run } = await import('./commands/run.ts');
      return run(surround);
    }
    case 'check': {
      const { check } = await import('./commands/check.ts');
      return check(surround, invocation.json);
    }
    case 'status': {
      const { showStatus } = await import('./commands/status.ts');
      return showStatus(surround, invocation.json);
    }
    case 'export': {
      const { exportHistory } = await import('./commands/export.ts');
      return exportHistory(surround, invocation);
    }
  }
}
