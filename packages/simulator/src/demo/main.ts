// `npm run demo`: bridge with its own broker and store, simulated sites with an agent each, the web page. Everything runs as
// the real programs do, on any free ports; Ctrl-C ends all and leaves nothing. `--for 20s` stops by itself and judges.

import { parseArgs } from 'node:util';
import { beginProgram, didYouMean, parseDuration, UsageError } from '@wattline/program';
import { type DemonstrationOptions, demonstrate } from './demonstrate.ts';
import { deviceNames, type Place, places } from './places.ts';

const usage = 'usage: npm run demo -- [--site NAME] [--for 20s] [--history 7d] [--fault DEVICE]';

type Chosen = Pick<DemonstrationOptions, 'places' | 'forMs' | 'historyMs' | 'faulty'>;

function readOptions(words: readonly string[]): Chosen {
  const { site, history, for: duration, fault } = parseWords(words);
  const chosen = chooseSite(site);
  const historyMs = parseDuration(history);
  const forMs = duration === undefined ? undefined : parseDuration(duration);
  if (historyMs === undefined || (duration !== undefined && forMs === undefined)) throw new UsageError(usage);
  const names = deviceNames(chosen);
  const faulty = names.find((name) => name === fault);
  if (fault !== undefined && faulty === undefined) {
    throw new UsageError(
      `there is no device ${fault}${didYouMean(fault, names)}; there are ${names.join(', ')}`,
    );
  }
  return {
    places: chosen,
    historyMs,
    ...(forMs === undefined ? {} : { forMs }),
    ...(faulty === undefined ? {} : { faulty }),
  };
}

function chooseSite(site: string | undefined): readonly Place[] {
  const chosen = places.filter(({ id }) => site === undefined || site === id);
  if (site === undefined || chosen.length > 0) return chosen;
  const ids = places.map(({ id }) => id);
  throw new UsageError(`there is no site ${site}${didYouMean(site, ids)}; there are ${ids.join(', ')}`);
}

function parseWords(words: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { site: text, for: text, fault: text, history: { ...text, default: '7d' } };
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
