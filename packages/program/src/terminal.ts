// Standard output is the program's data, standard error is for the person who watches. One owner for both, so that a
// line of the log and a progress line do not write over each other.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { visible } from './text.ts';

export interface Terminal {
  /** Data, one line. */
  printLine(text: string): void;
  printJson(value: unknown): void;
  /** Data as it is; resolves when there is room for more. */
  print(text: string): Promise<void>;
  /** Columns as wide as their widest cell; numbers to the right. */
  printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
  /** Whole lines for the person: the log's way out. */
  writeError(lines: string): void;
  /** Shown once it has lasted a second, and only on a terminal. */
  progress(text: () => string): Progress;
  readonly colour: boolean;
}

export interface Progress {
  done(): void;
}

interface TerminalOptions {
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: { readonly [name: string]: string | undefined };
}

const progressDelayMs = 1000;
const progressEveryMs = 200;
const clearLine = '\r\u001b[K';

export function createTerminal({ stdout, stderr, environment }: TerminalOptions): Terminal {
  const isTerminal = stderr.isTTY === true;
  let shown = '';
  const show = (line: string): void => {
    if (line === shown) return;
    stderr.write(clearLine + line);
    shown = line;
  };
  const printLine = (text: string): void => {
    const line = shown;
    if (line !== '') show('');
    stdout.write(`${text}\n`);
    if (line !== '') show(line);
  };
  return {
    // no-color.org: any value but the empty one.
    colour: isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
    printLine,
    print: async (text) => {
      if (!stdout.write(text)) await once(stdout, 'drain');
    },
    printJson: (value) => printLine(JSON.stringify(value)),
    printTable: (head, rows) => {
      for (const line of formatTable(head, rows)) printLine(line);
    },
    writeError: (lines) => {
      const line = shown;
      if (line !== '') show('');
      stderr.write(lines);
      if (line !== '') show(line);
    },
    progress: (text) => {
      if (!isTerminal) return { done: () => undefined };
      const line = () => visible(text()).slice(0, Math.max(1, (stderr.columns ?? 80) - 1));
      let timer = setTimeout(() => {
        show(line());
        timer = setInterval(() => show(line()), progressEveryMs);
        timer.unref();
      }, progressDelayMs);
      timer.unref();
      return {
        done: () => {
          clearTimeout(timer);
          if (shown !== '') show('');
        },
      };
    },
  };
}

export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const cells = [head, ...rows.map((row) => row.map((cell) => visible(String(cell))))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  return cells.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
