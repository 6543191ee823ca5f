// One life of the process that owns the radio, seen from its parent: from starting it to knowing why it ended.

import { type ChildProcess, fork } from 'node:child_process';
import type { Failure, HeardNews, LinkNews, OpenOrder, RadioNews, RadioOrder } from './radio-messages.ts';

/** A child with a channel for messages, as Node starts it. */
export interface StartedProcess extends Pick<ChildProcess, 'pid' | 'connected' | 'stdout' | 'stderr'> {
  send(order: RadioOrder, sent: () => void): unknown;
  kill(signal: 'SIGKILL'): unknown;
  on(event: 'message', take: (news: RadioNews) => void): unknown;
  once(event: 'error', act: (error: Error) => void): unknown;
  once(event: 'close', act: (code: number | null, killedBy: string | null) => void): unknown;
}

export type StartProcess = (file: string, args: readonly string[]) => StartedProcess;

export interface RadioProcessOptions {
  /** The file and arguments that make Node run `runRadioChild`. */
  readonly program: { readonly file: string; readonly args: readonly string[] };
  /** Default: a process of its own. */
  readonly start?: StartProcess;
  readonly open: OpenOrder;
  /** The process takes orders; `end` ends it. */
  readonly started: (process: { order(order: RadioOrder): void; end(reason: RadioEnd): void }) => void;
  /** No packet at all for so long, where some should come: the radio is stuck. */
  readonly silenceMs: number;
  /** Not a word from the process itself for so long: it hangs, and its links with it. */
  readonly hungMs: number;
  readonly heapBytesMax: number;
  readonly heard: (news: HeardNews) => void;
  readonly listening: (adapterAddress: string) => void;
  readonly link: (news: LinkNews) => void;
  /** Lines for the log at its most detailed; what the process wrote is among them. */
  readonly wrote: (line: string) => void;
}

export type RadioEnd =
  | { readonly why: 'stopped' }
  | { readonly why: 'silent' | 'hung' }
  /** Connections do not come about any more. */
  | { readonly why: 'stuck'; readonly message: string }
  | { readonly why: 'heavy'; readonly heapBytes: number }
  | ({ readonly why: 'failed' } & Failure)
  | { readonly why: 'crashed'; readonly message: string };

/** For closing the radio; then the process is killed. */
const graceMs = 2000;
/** V8 ends the process at this heap, should it not be recycled before. */
const heapMegabytesMax = 192;

/** Runs the process until it ends by itself, or has to end, or the signal aborts. */
export function runRadioProcess(options: RadioProcessOptions, signal: AbortSignal): Promise<RadioEnd> {
  const { program, open, start = forkNode } = options;
  const child = start(program.file, program.args);
  options.wrote(`its process is ${child.pid}`);
  const lastLine = watchLines(child, options.wrote);
  let end: RadioEnd | undefined;
  let grace: NodeJS.Timeout | undefined;
  const order = (order: RadioOrder): void => {
    if (child.connected) child.send(order, () => {});
  };
  const endWith = (reason: RadioEnd): void => {
    if (end) return;
    end = reason;
    order({ order: 'stop' });
    grace = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  const silence = setTimeout(() => endWith({ why: 'silent' }), options.silenceMs);
  const pulse = watchPulse(options.hungMs, () => endWith({ why: 'hung' }));
  let reports = 0;
  child.on('message', (message: RadioNews) => {
    pulse.beat();
    switch (message.news) {
      case 'failed':
        end = { why: 'failed', code: message.code, message: message.message };
        return;
      case 'listening':
        options.listening(message.adapterAddress);
        return;
      case 'heard': {
        options.heard(message);
        const { reports: heard = 0 } = message.counters;
        // Links that stand prove nothing: the controller keeps them while its scanning is stuck.
        if (heard > reports || !message.isHearing) silence.refresh();
        reports = heard;
        if (message.heapBytes > options.heapBytesMax) endWith({ why: 'heavy', heapBytes: message.heapBytes });
        return;
      }
      default:
        options.link(message);
    }
  });
  const stop = (): void => endWith({ why: 'stopped' });
  signal.addEventListener('abort', stop);
  order(open);
  options.started({ order, end: endWith });
  return new Promise((resolve) => {
    const ended = (message: string): void => {
      clearTimeout(silence);
      pulse.stop();
      clearTimeout(grace);
      signal.removeEventListener('abort', stop);
      resolve(end ?? { why: 'crashed', message });
    };
    child.once('error', (error) => ended(`it could not be started: ${error.message}`));
    child.once('close', (code, killedBy) => {
      const how = killedBy ? `killed by ${killedBy}` : `exit code ${code}`;
      ended(`${how}${lastLine() ? `, ${lastLine()}` : ''}`);
    });
  });
}

/** From its first beat on. Counts looks instead of time: after a sleep of the machine the beats wait behind the timer. */
function watchPulse(hungMs: number, hung: () => void): { beat(): void; stop(): void } {
  let missed: number | undefined;
  const timer = setInterval(() => {
    if (missed !== undefined && ++missed > looksPerHung) hung();
  }, hungMs / looksPerHung);
  return {
    beat() {
      missed = 0;
    },
    stop: () => clearInterval(timer),
  };
}

const looksPerHung = 5;

const forkNode: StartProcess = (file, args) =>
  fork(file, args, {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${heapMegabytesMax}`],
    // noble writes to standard output, which belongs to the program.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });

/** The line to tell a crash by: what was thrown, else the last one. */
function watchLines(
  child: Pick<ChildProcess, 'stdout' | 'stderr'>,
  wrote: (line: string) => void,
): () => string {
  let thrown: string | undefined;
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, lineLengthMax);
      for (const line of lines) {
        if (line.trim() === '') continue;
        wrote(line.slice(0, lineLengthMax));
        last = line.slice(0, lineLengthMax);
        if (/^\w*Error\b|^FATAL/.test(line)) thrown = last;
      }
    });
  }
  return () => thrown ?? last;
}

const lineLengthMax = 300;
