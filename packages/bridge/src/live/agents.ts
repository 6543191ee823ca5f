// What the agents last said of themselves.

import type { AgentState } from '@wattline/protocols';
import type { Sleep } from './freshness.ts';

/** Agents that are remembered; further ones are as if they had said nothing. */
const agentsMax = 1_000;

export interface Agent {
  readonly state: AgentState;
  readonly receivedMs: number;
  /** The last sleep it announced, also after it woke up: its devices have not spoken since then. */
  readonly sleep: Sleep | undefined;
}

export interface Agents {
  accept(name: string, state: AgentState, receivedMs: number): void;
  get(name: string): Agent | undefined;
  entries(): readonly (readonly [name: string, agent: Agent])[];
}

export function createAgents(): Agents {
  const agents = new Map<string, Agent>();
  return {
    accept: (name, state, receivedMs) => {
      const before = agents.get(name);
      if (before === undefined && agents.size >= agentsMax) return;
      agents.set(name, {
        state: withWhatIsKnown(state, before?.state),
        receivedMs,
        sleep: sleepOf(state) ?? before?.sleep,
      });
    },
    get: (name) => agents.get(name),
    entries: () => [...agents],
  };
}

/** A will ends nothing of what the agent said before: what waited still waits, and the devices are its devices. */
function withWhatIsKnown(state: AgentState, before: AgentState | undefined): AgentState {
  if (state.outbox !== undefined || before?.outbox === undefined) return state;
  const { outbox, devices, readings } = before;
  return { ...state, outbox, devices, ...(readings === undefined ? {} : { readings }) };
}

function sleepOf({ state, timeMs, nextDueMs }: AgentState): Sleep | undefined {
  return state === 'sleeping' && nextDueMs !== undefined ? { announcedMs: timeMs, nextDueMs } : undefined;
}
