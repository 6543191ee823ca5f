// Group commit: messages that wait are stored in one transaction, and each learns its verdict after it.
// Nothing waits when nothing is being done; under load a group gathers while little time passes.

import type { Log } from '../log/log.ts';
import type { Message, Verdict } from '../message.ts';
import { sqliteErrorCode } from '../store.ts';

export interface Intake {
  /**
   * `stored` is called after the commit of the message, in the order of offers; never, when the bridge ends before.
   * False: no more than a bound may wait; offer the next one after `whenRoom`. It is told which message it is for, so that
   * one function serves all of a sender: under load all messages that wait would have one of their own.
   */
  offer<Offered extends Message>(message: Offered, stored: Answer<Offered>): boolean;
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

export type Answer<Offered extends Message> = (verdict: Verdict, message: Offered) => void;

/** Sees what becomes of each message, and how long its sender waited, before the sender hears. */
export type Witness = (message: Message, verdict: Verdict, waitedMs: number) => void;

export interface IntakeOptions {
  readonly log: Pick<Log, 'append'>;
  readonly report: (text: string) => void;
  /** ms of a clock that never jumps. */
  readonly uptimeMs: () => number;
  readonly witness?: Witness;
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

export function createIntake(options: IntakeOptions): Intake {
  const { uptimeMs, witness, groupMax = 1_000, retryMs = 1_000 } = options;
  const { pendingMax = 4_000, pendingBytesMax = 16 * 1024 * 1024 } = options;
  const disk = createDisk(options, retryMs);
  const turnMs = createTurnClock(uptimeMs);
  const queue = createQueue();
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
    const messages = queue.first(groupMax);
    if (messages.length === 0) return;
    const verdicts = disk.attempt(messages);
    if (verdicts === undefined) {
      if (!closed) schedule(retryMs);
      return;
    }
    const nowMs = uptimeMs();
    if (messages.length >= manyCount) busyUntilMs = nowMs + lingerMs;
    queue.answer(verdicts, nowMs, witness);
    if (queue.length() > 0) schedule(0);
    if (!isFull()) for (const resume of resumes.splice(0)) resume();
  }

  const isFull = (): boolean => queue.length() >= pendingMax || queue.bytes() >= pendingBytesMax;

  return {
    offer: (message, stored) => {
      if (closed) return false;
      const nowMs = turnMs();
      queue.add(message, stored, nowMs);
      if (disk.problem() !== undefined) return !isFull();
      if (queue.length() === groupMax) schedule(0);
      else if (stopTimer === undefined) schedule(nowMs < busyUntilMs ? lingerMs : 0);
      return !isFull();
    },
    hasRoom: () => !isFull(),
    whenRoom: (resume) => {
      if (isFull()) resumes.push(resume);
      else resume();
    },
    problem: disk.problem,
    get pending() {
      return queue.length();
    },
    close: () => {
      if (closed) return;
      while (queue.length() > 0) {
        const before = queue.length();
        commit();
        if (queue.length() === before) break;
      }
      closed = true;
      stopTimer?.();
      resumes = [];
    },
  };
}

/** A time for all messages that one chunk of a connection brought: to ask the clock costs as much as to take a message in. */
function createTurnClock(uptimeMs: () => number): () => number {
  let nowMs: number | undefined;
  const forget = (): void => {
    nowMs = undefined;
  };
  return () => {
    if (nowMs === undefined) {
      nowMs = uptimeMs();
      queueMicrotask(forget);
    }
    return nowMs;
  };
}

/** What waits, in the order of offers. Side by side: an object for each would live long enough to be carried into the old generation. */
function createQueue() {
  let messages: Message[] = [];
  let answers: Answer<Message>[] = [];
  let sinceMs: number[] = [];
  let bytes = 0;
  return {
    length: (): number => messages.length,
    bytes: (): number => bytes,
    add: <Offered extends Message>(message: Offered, answer: Answer<Offered>, nowMs: number): void => {
      messages.push(message);
      // Called with this message only.
      answers.push(answer as Answer<Message>);
      sinceMs.push(nowMs);
      bytes += message.payload.length;
    },
    first: (count: number): readonly Message[] => messages.slice(0, count),
    /** Takes the first out, as many as there are verdicts, and says to each what became of it. */
    answer: (verdicts: readonly Verdict[], nowMs: number, witness: Witness | undefined): void => {
      const group = messages.slice(0, verdicts.length);
      const [groupAnswers, groupSinceMs] = [answers, sinceMs];
      messages = messages.slice(verdicts.length);
      answers = answers.slice(verdicts.length);
      sinceMs = sinceMs.slice(verdicts.length);
      for (const { payload } of group) bytes -= payload.length;
      group.forEach((message, index) => {
        const verdict = verdicts[index] as Verdict;
        witness?.(message, verdict, nowMs - (groupSinceMs[index] as number));
        groupAnswers[index]?.(verdict, message);
      });
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
