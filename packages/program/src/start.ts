// How a program begins: what it knows of the machine, where it writes, and when it has to end.

import { homedir, hostname } from 'node:os';
import { type ExitCode, runProgram } from './exit.ts';
import { createLog, type Log, type LogLevel, logStyleOf } from './log.ts';
import { createRedactor, type Redactor } from './redact.ts';
import type { Surroundings } from './settings/locate.ts';
import { createTerminal, type Terminal } from './terminal.ts';

export interface Beginning {
  /** The words behind the program's name. */
  readonly words: readonly string[];
  readonly surroundings: Surroundings;
  readonly terminal: Terminal;
  /** Standard input. Node opens it, and loads what files need, when it is asked for. */
  readonly input: () => NodeJS.ReadStream;
  /** Of everything that the log writes. */
  readonly redactor: Redactor;
  readonly openLog: (level: LogLevel) => Log;
  /** Aborts on SIGINT and SIGTERM, and when whoever started us with a channel is gone. */
  readonly signal: AbortSignal;
  /** This program's file. */
  readonly mainFile: string;
  /** Tells whoever started us with a channel; nobody else hears it. */
  readonly tellParent: (news: object) => void;
}

/** Runs `main` to its end; what it throws becomes the exit code. */
export async function beginProgram(
  host: NodeJS.Process,
  main: (beginning: Beginning) => Promise<ExitCode>,
): Promise<void> {
  const { env: environment, argv, stdout, stderr } = host;
  const terminal = createTerminal({ stdout, stderr, environment });
  const redactor = createRedactor();
  const style = logStyleOf(stderr, environment);
  const openLog = (level: LogLevel): Log =>
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
  const [, mainFile = '', ...words] = argv;
  await runProgram(
    (stop) => {
      const signal = AbortSignal.any([stop, parentGone(host)]);
      const tellParent = (news: object): void => void (host.connected && host.send?.(news));
      return main({
        words,
        surroundings,
        terminal,
        input: () => host.stdin,
        redactor,
        openLog,
        signal,
        mainFile,
        tellParent,
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
