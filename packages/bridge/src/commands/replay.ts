// `replay --sink NAME`: fills a sink again from history. The running bridge does it; where none runs, this command.

import { setTimeout as wait } from 'node:timers/promises';
import { createClock, didYouMean, type ExitCode, exitCodes, UsageError } from '@wattline/program';
import type { Invocation } from '../command-line.ts';
import type { SinkConfiguration } from '../config/configuration.ts';
import { replayWithoutBridge } from '../replay-alone.ts';
import type { ReplaySpan } from '../sinks/replay.ts';
import type { Surround } from '../surround.ts';
import type { ReplayView } from '../web/status-views.ts';
import { spanOf } from './export.ts';
import { askBridge, NoAnswerError } from './running-bridge.ts';

const askEveryMs = 500;
const answerMsMax = 10_000;
const sayEveryMs = 10_000;

export async function replay(
  surround: Surround,
  invocation: Extract<Invocation, { command: 'replay' }>,
): Promise<ExitCode> {
  const { configuration, signal } = surround;
  const sink = findSink(configuration.sinks, invocation.sink);
  const span = spanOf(invocation, Date.now());
  const path = `/api/sinks/${encodeURIComponent(sink.name)}/replay`;
  const begun = await ask(surround, path, { from: span.fromMs, to: span.toMs });
  if (begun === 'no bridge') return alone(surround, sink, span);
  if (typeof begun === 'string') {
    surround.log.error(begun);
    return exitCodes.unexpected;
  }
  const follow = createFollower(surround, sink.name);
  for (let view: ReplayView = begun; view.state === 'running'; ) {
    await wait(askEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      surround.log.info(`the bridge goes on filling sink ${sink.name}`);
      return exitCodes.unexpected;
    }
    const answer = await ask(surround, path);
    if (typeof answer === 'string') {
      surround.log.error(`the bridge ended before sink ${sink.name} was filled: start the replay again`);
      return exitCodes.unexpected;
    }
    view = answer;
    follow(view);
  }
  return exitCodes.done;
}

async function alone(surround: Surround, sink: SinkConfiguration, span: ReplaySpan): Promise<ExitCode> {
  const { configuration, log, signal } = surround;
  log.info(`no bridge runs with this configuration: filling sink ${sink.name} from here`);
  const follow = createFollower(surround, sink.name);
  const report = (text: string) => log.warn(text);
  const view = await replayWithoutBridge({
    configuration,
    sink,
    span,
    clock: createClock(),
    signal,
    report,
    follow,
  });
  follow(view);
  return view.state === 'done' ? exitCodes.done : exitCodes.unexpected;
}

function findSink(sinks: readonly SinkConfiguration[], name: string): SinkConfiguration {
  const sink = sinks.find((each) => each.name === name);
  if (sink !== undefined) return sink;
  const names = sinks.map((each) => each.name);
  throw new UsageError(
    `there is no sink ${name}${didYouMean(name, names)}; there are ${names.join(', ') || 'none'}`,
  );
}

/** Text: why there is no answer. */
async function ask(
  { configuration }: Surround,
  path: string,
  body?: object,
): Promise<ReplayView | 'no bridge' | (string & {})> {
  try {
    return await askBridge<ReplayView>(configuration.web, path, body, answerMsMax);
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return error.isRefusal ? error.message : 'no bridge';
  }
}

/** Says a problem when it changes, how far it is once in a while, and what became of it. */
function createFollower({ terminal, log }: Surround, name: string): (view: ReplayView) => void {
  let saidMs = performance.now();
  let problem: string | undefined;
  return (view) => {
    if (view.problem !== undefined && view.problem !== problem) log.warn(`sink ${name}: ${view.problem}`);
    problem = view.problem;
    if (view.state !== 'running') terminal.printLine(`sink ${name} ${view.state}: ${inWords(view)}`);
    else if (performance.now() - saidMs > sayEveryMs) {
      saidMs = performance.now();
      log.info(`sink ${name}: ${inWords(view)} so far`);
    }
  };
}

function inWords({ readings, windows }: ReplayView): string {
  const refused = readings.refused + windows.refused;
  const expired = readings.expired + windows.expired;
  return (
    `${readings.written} readings and ${windows.written} windows of the tiers written, ${refused} refused, ` +
    `${expired} too old for it`
  );
}
