// The composition root: reads the command line and the environment, and builds what a command needs. A command is loaded
// when it is asked for, so that a round of `once` starts fast.

import { homedir, hostname } from 'node:os';
import {
  createLog,
  createRedactor,
  createTerminal,
  type ExitCode,
  exitCodes,
  type Log,
  logStyleOf,
  type Redactor,
  runProgram,
  type Surroundings,
  type Terminal,
} from '@wattline/program';
import manifest from '../package.json' with { type: 'json' };
import { type Invocation, parseCommandLine } from './command-line.ts';

/** What every command has at hand. */
export interface Surround {
  readonly surroundings: Surroundings;
  readonly terminal: Terminal;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** This program's file, to start the process that owns the radio. */
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
    // Asked when it is needed: it loads the data of all languages, 9 ms and 8 MB.
    get timeZone() {
      return Intl.DateTimeFormat().resolvedOptions().timeZone;
    },
  };
  await runProgram(
    (stop) => {
      const invocation = parseCommandLine(argv.slice(2), manifest.version);
      const signal = AbortSignal.any([stop, parentGone(host)]);
      const log = openLog(invocation.level);
      const mainFile = argv[1] ?? '';
      return execute(invocation, host, {
        surroundings,
        terminal,
        redactor,
        log,
        signal,
        mainFile,
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

async function execute(invocation: Invocation, host: NodeJS.Process, surround: Surround): Promise<ExitCode> {
  const { terminal } = surround;
  switch (invocation.command) {
    case 'print':
      terminal.printLine(invocation.text);
      return exitCodes.done;
    case 'decode': {
      const { decodeLines, decodeOnce } = await import('./commands/decode.ts');
      const { definition, bytes, lines } = invocation;
      if (lines) return decodeLines(host.stdin, terminal.printLine, surround.signal);
      return decodeOnce(terminal, definition, bytes, invocation);
    }
    case 'devices': {
      const { listDevices } = await import('./commands/devices.ts');
      listDevices(terminal, invocation.json);
      return exitCodes.done;
    }
    case 'victron-keys': {
      const { showVictronKeys } = await import('./commands/victron-keys.ts');
      return showVictronKeys(terminal, invocation.file, invocation.json);
    }
    case 'outbox': {
      const { showWaiting } = await import('./configured.ts');
      return showWaiting(invocation.config, invocation.json, surround);
    }
    case 'scan': {
      const { scanAround } = await import('./configured.ts');
      return scanAround(invocation, surround);
    }
    default: {
      const { executeConfigured } = await import('./configured.ts');
      return executeConfigured(invocation, surround);
    }
  }
}
