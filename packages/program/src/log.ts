// The log: lines for a person, on standard error. error: data is lost or a person must act · warn: wrong but
// recovering · info: started, stopped, changed · debug: everything else, with bytes.

import { fstatSync } from 'node:fs';
import { pino } from 'pino';
import { createRedactor, type Redactor } from './redact.ts';
import { formatDateTime, formatTime, visible } from './text.ts';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `cause` is an error whose message completes the line; its stack is shown at level debug. */
export type Say = (text: string, cause?: unknown) => void;
export type Log = { readonly [level in LogLevel]: Say };

/** Where the lines go: the journal adds time and reads `<4>`, a terminal is narrow, a file needs the date. */
type LogStyle = 'journal' | 'terminal' | 'file';

export interface LogOptions {
  readonly level: LogLevel;
  readonly style: LogStyle;
  readonly colour: boolean;
  /** Takes whole lines, each with its line feed. */
  readonly write: (lines: string) => void;
  readonly redactor?: Redactor;
  readonly nowMs?: () => number;
}

export function createLog(options: LogOptions): Log {
  const { level, redactor = createRedactor(), nowMs = Date.now } = options;
  const logger = pino(
    { level, base: null, timestamp: false },
    { write: (line: string) => options.write(format(JSON.parse(line), options, redactor, nowMs())) },
  );
  const say =
    (name: LogLevel): Say =>
    (text, cause) => {
      const withStack = cause instanceof Error && logger.isLevelEnabled('debug');
      logger[name](
        { ...(withStack ? { stack: cause.stack } : {}) },
        cause === undefined ? text : `${text}: ${messageOf(cause)}`,
      );
    };
  return { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

interface Line {
  readonly level: number;
  readonly msg?: string;
  readonly stack?: string;
}

const names: ReadonlyMap<
  number,
  { readonly word: string; readonly priority: number; readonly colour: number }
> = new Map([
  [50, { word: 'ERROR', priority: 3, colour: 31 }],
  [40, { word: 'WARN', priority: 4, colour: 33 }],
  [30, { word: 'INFO', priority: 6, colour: 36 }],
  [20, { word: 'DEBUG', priority: 7, colour: 90 }],
]);

function format(line: Line, { style, colour }: LogOptions, redactor: Redactor, nowMs: number): string {
  const {
    word,
    priority,
    colour: code,
  } = names.get(line.level) ?? { word: 'ERROR', priority: 3, colour: 31 };
  const level = colour ? `\u001b[${code}m${word.padEnd(5)}\u001b[0m` : word.padEnd(5);
  const heads = {
    journal: `<${priority}>${word} `,
    terminal: `${formatTime(nowMs)} ${level} `,
    file: `${formatDateTime(nowMs)} ${level} `,
  };
  const texts = [line.msg ?? '', ...(line.stack?.split('\n').slice(1) ?? [])];
  return texts.map((text) => `${heads[style]}${visible(redactor.clean(text))}\n`).join('');
}

/** The journal says so by naming the very stream that standard error is; an inherited variable alone proves nothing. */
export function logStyleOf(
  stderr: { readonly isTTY?: boolean; readonly fd: number },
  environment: { readonly [name: string]: string | undefined },
): LogStyle {
  if (stderr.isTTY === true) return 'terminal';
  const journal = environment['JOURNAL_STREAM'];
  if (!journal) return 'file';
  const { dev, ino } = fstatSync(stderr.fd);
  return journal === `${dev}:${ino}` ? 'journal' : 'file';
}
