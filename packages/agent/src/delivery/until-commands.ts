// Commands that hold until a time, retained, {"until": ms}: wattline/agent/<agent>/stay_awake, and …/release, which lets a
// phone app at the Bluetooth devices. A time that has passed means nothing, and the agent clears it. For {"release_for": "5m"}
// the agent itself puts the time in its place.

import { type Clock, createRepeats, type Log, parseDuration } from '@wattline/program';
import { releaseTopic, stayAwakeTopic } from '@wattline/protocols';
import type { Publisher } from '../publisher/publisher.ts';

interface CommandOptions {
  readonly agent: string;
  readonly publisher: Pick<Publisher, 'publish' | 'subscribe'>;
  readonly clock: Pick<Clock, 'nowMs' | 'isSynced'>;
  readonly log: Log;
}

export interface UntilCommand {
  /** ms since 1970 until which it holds; undefined when it does not. */
  untilMs(): number | undefined;
  /** Called when the command changes or its time has passed. */
  onChange(listener: () => void): void;
  stop(): void;
}

interface Kind {
  readonly topic: string;
  readonly expected: string;
  /** The time that a message asks for; `undefined`: it is none. */
  readonly parse: (message: { readonly [key: string]: unknown }, nowMs: number) => number | undefined;
  /** A clock that was never set cannot tell that a time has passed. */
  readonly needsClock: boolean;
}

/** How soon and how late it is looked at again, should the clock step. */
const timerMinMs = 1_000;
const timerMaxMs = 60_000;
/** Nobody sits before an app for longer, and a mistake must not cost a day. */
const releaseMsMax = 3_600_000;

export const createStayAwake = (options: CommandOptions): UntilCommand =>
  createUntilCommand(options, {
    topic: stayAwakeTopic(options.agent),
    expected: '{"until": ms since 1970}',
    parse: ({ until }) => timeOf(until),
    needsClock: true,
  });

/** At most an hour at a time. */
export const createRelease = (options: CommandOptions): UntilCommand =>
  createUntilCommand(options, {
    topic: releaseTopic(options.agent),
    expected: '{"until": ms since 1970} or {"release_for": "5m"}',
    parse({ until, release_for: duration }, nowMs) {
      const forMs = typeof duration === 'string' ? parseDuration(duration) : undefined;
      const wanted = forMs === undefined ? timeOf(until) : nowMs + forMs;
      return wanted === undefined ? undefined : Math.min(wanted, nowMs + releaseMsMax);
    },
    needsClock: false,
  });

const timeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

function createUntilCommand({ publisher, clock, log }: CommandOptions, kind: Kind): UntilCommand {
  const { topic, expected, parse, needsClock } = kind;
  const repeats = createRepeats(log);
  const listeners: (() => void)[] = [];
  let untilMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const change = (next: number | undefined): void => {
    if (next === untilMs) return;
    untilMs = next;
    for (const listener of listeners) listener();
  };
  const isPast = (timeMs: number): boolean => (!needsClock || clock.isSynced()) && timeMs <= clock.nowMs();
  // Without a connection it is said again when the command arrives again.
  const retain = (payload: string): void => {
    publisher.publish(topic, payload, { retain: true }).catch(() => {});
  };
  const obey = (next: number | undefined): void => {
    clearTimeout(timer);
    if (next !== undefined && isPast(next)) {
      change(undefined);
      retain('');
    } else change(next);
    if (untilMs === undefined) return;
    const leftMs = Math.min(Math.max(untilMs - clock.nowMs(), timerMinMs), timerMaxMs);
    timer = setTimeout(() => obey(untilMs), leftMs);
  };
  publisher.subscribe(topic, (payload) => {
    if (payload === '') {
      obey(undefined);
      return;
    }
    const message = objectOf(payload);
    const next = parse(message, clock.nowMs());
    if (next === undefined) {
      repeats.fault(topic, `${topic}: expected ${expected}, found ${payload.slice(0, 80)}`);
      return;
    }
    // A duration would begin anew whenever the retained message arrives again.
    if (message['until'] !== next && !isPast(next)) retain(JSON.stringify({ until: next }));
    obey(next);
  });
  return {
    untilMs: () => untilMs,
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearTimeout(timer),
  };
}

function objectOf(payload: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
