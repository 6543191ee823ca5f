// Group commit: messages that wait are stored in one transaction, and each learns its verdict after it.
// Nothing waits when nothing is being done; under load a group gathers while little time passes.

import type { Log } from '../log/log.ts';
import type { Message, Verdict } from '../message.ts';
import { sqliteErrorCode } from '../store.ts';

export interface Intake {
  /**
   * `stored` is called after the commit of the message, in the order of offers; never, when the bridge ends before.
   * False: no more than a bound may wait; offer the next one after `whenRoom`.
   */
  offer(message: Message, stored: (verdict: Verdict) => void): boolean;
  hasRoom(): boolean;
  /** Calls back once, as soon as there is room again. */
  whenRoom(resume: () => void): void;
  /** What the disk said when it last refused; `undefined` while it takes everything. */
  problem(): string | undefined;
  /** Messages that wait. */
  readonly pending: number;
  /** Commits what waits, if the disk lets it; takes nothing any more. */
  close(): void;
}

export interface IntakeOptions {
  readonly log: Pick<Log, 'append'>;
  readonly report: (text: string) => void;
  /** ms of a clock that never jumps. */
  readonly uptimeMs: () => number;
  readonly groupMax?: number;
  readonly pendingMax?: number;
  readonly pendingBytesMax?: number;
  readonly retryMs?: number;
}

/** A group waits for more at most this long, and only right after a commit of many: a commit costs as much for few. */
const lingerMs = 5;
/** Below, the sender may be waiting for its acknowledgements before it sends more. */
const manyCount = 32;

/** What SQLite says when the disk is full, broken, or kept from us: time or a person can mend it. */
const refusals = new Set([5, 6, 8, 10, 13, 14]);

interface Waiting {
  readonly message: Message;
  readonly stored: (verdict: Verdict) => void;
}

export function createIntake(options: IntakeOptions): Intake {
  const { uptimeMs, groupMax = 1_000, retryMs = 1_000 } = options;
  const { pendingMax = 4_000, pendingBytesMax = 16 * 1024 * 1024 } = options;
  const disk = createDisk(options, retryMs);
  let waiting: Waiting[] = [];
  let bytes = 0;
  let resumes: (() => void)[] = [];
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  let stopTimer: (() => void) | undefined;

  const schedule = (delayMs: number): void => {
    stopTimer?.();
    if (delayMs === 0) {
      const immediate = setImmediate(commit);
      stopTimer = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(commit, delayMs);
      stopTimer = () => clearTimeout(timer);
    }
  };

  function commit(): void {
    stopTimer?.();
    stopTimer = undefined;
    const group = waiting.slice(0, groupMax);
    if (group.length === 0) return;
    const verdicts = disk.attempt(group.map(({ message }) => message));
    if (verdicts === undefined) {
      if (!closed) schedule(retryMs);
      return;
    }
    waiting = waiting.slice(group.length);
    for (const { message } of group) bytes -= message.payload.length;
    if (group.length >= manyCount) busyUntilMs = uptimeMs() + lingerMs;
    let index = 0;
    for (const { stored } of group) stored(verdicts[index++] as Verdict);
    if (waiting.length > 0) schedule(0);
    if (!isFull()) for (const resume of resumes.splice(0)) resume();
  }

  const isFull = (): boolean => waiting.length >= pendingMax || bytes >= pendingBytesMax;

  return {
    offer: (message, stored) => {
      if (closed) return false;
      waiting.push({ message, stored });
      bytes += message.payload.length;
      if (disk.problem() !== undefined) return !isFull();
      if (waiting.length === groupMax) schedule(0);
      else if (stopTimer === undefined) schedule(uptimeMs() < busyUntilMs ? lingerMs : 0);
      return !isFull();
    },
    hasRoom: () => !isFull(),
    whenRoom: (resume) => {
      if (isFull()) resumes.push(resume);
      else resume();
    },
    problem: disk.problem,
    get pending() {
      return waiting.length;
    },
    close: () => {
      if (closed) return;
      while (waiting.length > 0) {
        const before = waiting.length;
        commit();
        if (waiting.length === before) break;
      }
      closed = true;
      stopTimer?.();
      resumes = [];
    },
  };
}

/** The log, and what the disk under it says: a refusal is reported once, until it ends. */
function createDisk({ log, report }: IntakeOptions, retryMs: number) {
  let problem: string | undefined;
  return {
    problem: () => problem,
    /** `undefined`: refused. */
    attempt: (messages: readonly Message[]): readonly Verdict[] | undefined => {
      try {
        const verdicts = log.append(messages);
        if (problem !== undefined) report('The store takes messages again.');
        problem = undefined;
        return verdicts;
      } catch (error) {
        if (!refusals.has(sqliteErrorCode(error) ?? -1)) throw error;
        if (problem === undefined) {
          report(
            `The store refused to write: ${String(error)}. Nothing is acknowledged until it does; it is tried again every ${retryMs / 1000} s.`,
          );
        }
        problem = String(error);
        return undefined;
      }
    },
  };
}
