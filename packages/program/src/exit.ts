// How a program ends: exit codes with their meaning, signals, and the one place where our own bugs come out.

import type { Log } from './log.ts';
import { ConfigurationError } from './settings/problem.ts';

export const exitCodes = {
  /** Everything was read and delivered. */
  done: 0,
  /** Something that nobody foresaw, or a reading was lost because neither the broker nor the disk took it. */
  unexpected: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Some device was not read, the rest was delivered. */
  someNotRead: 3,
  /** Readings wait in the outbox. */
  waiting: 4,
  /** No device was read. */
  noneRead: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Wrong use of a command; the message says what was expected. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** What a command was asked for cannot be; the message says why, and what a person can do. No bug: nobody needs a stack. */
export class OperationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OperationError';
  }
}

type WriteError = Error & { code?: string };

/** The part of `process` that a program's end needs. */
interface ProcessEnd {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  /** Rejections that nobody handles come here too. */
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
  readonly stdout: {
    write(text: string, done: (error?: WriteError | null) => void): unknown;
    on(event: 'error', listener: (error: WriteError) => void): unknown;
  };
  readonly stderr: { on(event: 'error', listener: () => void): unknown };
}

/**
 * Runs a program to its end. SIGINT and SIGTERM abort the signal it is given; a repeated one means the same as the
 * first (npm passes on each Ctrl-C a second time). What `main` throws becomes the exit code; standard output is
 * written out before the process ends.
 */
export async function runProgram(
  main: (signal: AbortSignal) => Promise<ExitCode>,
  { log, process }: { readonly log: Pick<Log, 'error'>; readonly process: ProcessEnd },
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const fail = (error: unknown): void => process.exit(reportFailure(error, log));
  process.on('uncaughtException', fail);
  // The reader of our output has gone (`| head`): there is nobody left to write for.
  const unwritten = (error: WriteError): void =>
    error.code === 'EPIPE'
      ? process.exit(exitCodes.done)
      : fail(new OperationError(`standard output cannot be written: ${error.message}`));
  process.stdout.on('error', unwritten);
  // Nobody reads the log any more: that ends nothing.
  process.stderr.on('error', () => undefined);
  let code: ExitCode;
  try {
    code = await main(stop.signal);
  } catch (error) {
    code = reportFailure(error, log);
  }
  // What could not be written (a full disk) is told to this last one before it is told to the listener.
  process.stdout.write('', (error) => (error ? unwritten(error) : process.exit(code)));
}

/** A file that the system refuses is named in the system's own words; where it was touched does not help its owner. */
function wordsOf(error: Error): string {
  if (error instanceof OperationError || ('syscall' in error && 'path' in error)) return error.message;
  return error.stack ?? error.message;
}

/** Says why, and gives the exit code. */
function reportFailure(error: unknown, log: Pick<Log, 'error'>): ExitCode {
  if (error instanceof ConfigurationError) {
    for (const line of error.message.split('\n')) log.error(line);
    return exitCodes.usage;
  }
  if (error instanceof UsageError) {
    for (const line of error.message.trimEnd().split('\n')) log.error(line);
    return exitCodes.usage;
  }
  const lines = error instanceof Error ? wordsOf(error) : String(error);
  for (const line of lines.split('\n')) log.error(line);
  return exitCodes.unexpected;
}
