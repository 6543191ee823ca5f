// The command to stay awake: wattline/agent/<agent>/stay_awake, retained, {"until": ms}. A time that has passed means
// nothing, and the agent clears it.

import { type Clock, createRepeats, type Log } from '@wattline/program';
import { stayAwakeTopic } from '@wattline/protocols';
import type { Publisher } from '../publisher/publisher.ts';

interface StayAwakeOptions {
  readonly agent: string;
  readonly publisher: Pick<Publisher, 'publish' | 'subscribe'>;
  readonly clock: Pick<Clock, 'nowMs' | 'isSynced'>;
  readonly log: Log;
}

export interface StayAwake {
  /** ms since 1970 until which the agent is asked to stay awake; undefined when it is not. */
  untilMs(): number | undefined;
  /** Called when the command changes or its time has passed. */
  onChange(listener: () => void): void;
  stop(): void;
}

/** How soon and how late it is looked at again, should the clock step. */
const timerMinMs = 1_000;
const timerMaxMs = 60_000;

export function createStayAwake({ agent, publisher, clock, log }: StayAwakeOptions): StayAwake {
  const topic = stayAwakeTopic(agent);
  const repeats = createRepeats(log);
  const listeners: (() => void)[] = [];
  let untilMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const change = (next: number | undefined): void => {
    if (next === untilMs) return;
    untilMs = next;
    for (const listener of listeners) listener();
  };
  // A clock that was never set cannot tell that a time has passed.
  const isPast = (timeMs: number): boolean => clock.isSynced() && timeMs <= clock.nowMs();
  const obey = (next: number | undefined): void => {
    clearTimeout(timer);
    if (next === undefined || !isPast(next)) change(next);
    else clear();
    if (untilMs === undefined) return;
    const leftMs = Math.min(Math.max(untilMs - clock.nowMs(), timerMinMs), timerMaxMs);
    timer = setTimeout(() => obey(untilMs), leftMs);
  };
  const clear = (): void => {
    change(undefined);
    // Without a connection it is cleared when the command arrives again.
    publisher.publish(topic, '', { retain: true }).catch(() => {});
  };
  publisher.subscribe(topic, (payload) => {
    const next = payload === '' ? undefined : parseUntil(payload);
    if (next === 'unreadable') {
      repeats.fault(
        'stay_awake',
        `${topic}: expected {"until": ms since 1970}, found ${payload.slice(0, 80)}`,
      );
    } else {
      obey(next);
    }
  });
  return {
    untilMs: () => untilMs,
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearTimeout(timer),
  };
}

function parseUntil(payload: string): number | 'unreadable' {
  try {
    const { until } = JSON.parse(payload) as { until?: unknown };
    return typeof until === 'number' && Number.isFinite(until) ? until : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
