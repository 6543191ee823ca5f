// `npm run demo`: bridge with its own broker and store, six simulated devices, the web page. Everything runs as the real
// programs do, on any free ports; Ctrl-C ends all and leaves nothing. `--for 20s` stops by itself and judges.

import { parseArgs } from 'node:util';
import { beginProgram, didYouMean, parseDuration, UsageError } from '@wattline/program';
import { simulatedDevices } from '../site/site.ts';
import { type DemonstrationOptions, demonstrate } from './demonstrate.ts';

const usage = 'usage: npm run demo -- [--for 20s] [--history 7d] [--fault DEVICE]';

type Chosen = Pick<DemonstrationOptions, 'forMs' | 'historyMs' | 'faulty'>;

function readOptions(words: readonly string[]): Chosen {
  const { history, for: duration, fault } = parseWords(words);
  const historyMs = parseDuration(history);
  const forMs = duration === undefined ? undefined : parseDuration(duration);
  if (historyMs === undefined || (duration !== undefined && forMs === undefined)) throw new UsageError(usage);
  const faulty = simulatedDevices.find((name) => name === fault);
  if (fault !== undefined && faulty === undefined) {
    const known = simulatedDevices.join(', ');
    throw new UsageError(
      `there is no device ${fault}${didYouMean(fault, simulatedDevices)}; there are ${known}`,
    );
  }
  return {
    historyMs,
    ...(forMs === undefined ? {} : { forMs }),
    ...(faulty === undefined ? {} : { faulty }),
  };
}

function parseWords(words: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { for: text, fault: text, history: { ...text, default: '7d' } };
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}

/** Whoever started us was killed without a word: the parent is another one. */
function orphaned(): AbortSignal {
  const gone = new AbortController();
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) gone.abort();
  }, 500).unref();
  return gone.signal;
}

/** The terminal was closed. */
function hungUp(): AbortSignal {
  const closed = new AbortController();
  process.once('SIGHUP', () => closed.abort());
  return closed.signal;
}

await beginProgram(process, ({ words, signal, terminal, openLog }) =>
  demonstrate({
    ...readOptions(words),
    signal: AbortSignal.any([signal, orphaned(), hungUp()]),
    say: terminal.printLine,
    complain: openLog('info').error,
    onExit: (leave) => void process.once('exit', leave),
  }),
);
