// The agent's state, retained at wattline/agent/<agent>/state: what it is doing, what waits, what was given up.

import { type Clock, createRepeats, type Log, type Repeats } from '@wattline/program';
import { type AgentState, agentStateTopic } from '@wattline/protocols';
import { type Outbox, OutboxError } from '../outbox/outbox.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { ConnectionLost } from '../publisher/session.ts';

interface AgentStateOptions {
  readonly agent: string;
  readonly version: string;
  readonly publisher: Pick<Publisher, 'publish' | 'onConnect'>;
  readonly outbox: Pick<Outbox, 'status' | 'oldestMs' | 'evicted' | 'announced'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  /** Asked at every announcement. */
  readonly devices: () => AgentState['devices'];
  readonly readings?: () => NonNullable<AgentState['readings']>;
  readonly inReach?: () => NonNullable<AgentState['inReach']>;
}

export interface AgentStateAnnouncer {
  /**
   * Publishes the state now and at every later connection. Resolves with whether the broker has confirmed it, after
   * 5 s at the latest; if not, what was given up is announced again with the next one. An agent that stops says
   * offline itself: the will is only for one that breaks off.
   */
  announce(state: AgentState['state'], nextDueMs?: number): Promise<boolean>;
}

const confirmMsMax = 5_000;
/** Ranges announced in one message; the others follow in the next. */
const rangesMax = 500;

/** What the broker is to say when the agent is gone without a word: nothing about what only the agent knew. */
export const willOf = (
  agent: string,
  version: string,
  nowMs: number,
): { topic: string; payload: string } => ({
  topic: agentStateTopic(agent),
  payload: JSON.stringify({
    state: 'offline',
    version,
    timeMs: nowMs,
    evicted: [],
    devices: [],
  } satisfies AgentState),
});

export function createAgentState(options: AgentStateOptions): AgentStateAnnouncer {
  const { agent, publisher, outbox, log } = options;
  const repeats = createRepeats(log);
  let announced: Pick<AgentState, 'state' | 'nextDueMs'> | undefined;
  // One at a time, so that an older state never replaces a newer one.
  let turn: Promise<unknown> = Promise.resolve();
  const publish = async (): Promise<boolean> => {
    if (announced === undefined) return false;
    const state = await buildState(options, announced, repeats);
    try {
      const result = await publisher.publish(agentStateTopic(agent), JSON.stringify(state), { retain: true });
      if (result.is === 'refused') {
        repeats.fault(
          'state',
          `The broker refuses the agent's state: ${result.reason}; check its access list.`,
        );
        return false;
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return false;
    }
    repeats.ended('state', "The broker takes the agent's state again");
    if (state.evicted.length > 0) {
      // What was not noted is announced once more, which is harmless.
      await orSaid(repeats, 'The outbox notes again what was announced', () =>
        outbox.announced(state.evicted),
      );
    }
    return true;
  };
  const inTurn = (): Promise<boolean> => {
    const result = turn.then(publish);
    turn = result.catch(() => {});
    return result;
  };
  publisher.onConnect(() => void inTurn());
  return {
    announce(state, nextDueMs) {
      announced = { state, ...(nextDueMs === undefined ? {} : { nextDueMs }) };
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), confirmMsMax);
      inTurn()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
      return promise;
    },
  };
}

async function buildState(
  { version, outbox, clock, devices, inReach, readings: account }: AgentStateOptions,
  announced: Pick<AgentState, 'state' | 'nextDueMs'>,
  repeats: Repeats,
): Promise<AgentState> {
  const oldestMs = await orSaid(repeats, 'The outbox can be read again', outbox.oldestMs);
  const { readings, bytes } = outbox.status();
  return {
    ...announced,
    version,
    timeMs: clock.nowMs(),
    outbox: { readings, bytes, ...(oldestMs === undefined ? {} : { oldestMs }) },
    ...(account === undefined ? {} : { readings: account() }),
    evicted: outbox.evicted().slice(0, rangesMax),
    devices: devices(),
    ...(inReach === undefined ? {} : { inReach: inReach() }),
  };
}

/** A disk that fails is said and costs only what was asked of it: how the agent is must be told all the same. */
async function orSaid<Result>(
  repeats: Repeats,
  again: string,
  ask: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    const result = await ask();
    repeats.ended(again, again);
    return result;
  } catch (error) {
    if (!(error instanceof OutboxError)) throw error;
    repeats.fault(again, error.message, 'error');
    return undefined;
  }
}
