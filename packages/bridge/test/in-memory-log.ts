// A log as far as the live view needs one: readings go in, listeners hear of them.

import type { AgentState, Values } from '@wattline/protocols';
import type { Accounts, Log } from '../src/log/log.ts';
import type { SeriesSummary } from '../src/log/series-registry.ts';
import type { AgentSummary } from '../src/log/topic-states.ts';
import type { StoredReading } from '../src/message.ts';

export type LogOfTest = Pick<Log, 'series' | 'agents' | 'onStored' | 'onAgentState' | 'accounts'> & {
  store(...readings: readonly StoredReading[]): void;
  tell(agent: string, state: AgentState, receivedMs: number): void;
};

export function inMemoryLog(): LogOfTest {
  const series = new Map<string, SeriesSummary>();
  const agents = new Map<string, AgentSummary>();
  const storedListeners: ((readings: readonly StoredReading[]) => void)[] = [];
  const agentListeners: ((agent: string, state: AgentState) => void)[] = [];
  let stored = 0;
  return {
    series: () => [...series.values()],
    agents: () => [...agents.values()],
    onStored: (listener) => void storedListeners.push(listener),
    onAgentState: (listener) => void agentListeners.push(listener),
    accounts: (): Accounts => ({
      received: stored,
      stored,
      duplicate: 0,
      conflict: 0,
      state: 0,
      aside: {},
      missing: [],
      agents: [],
      held: stored,
      expired: 0,
      moved: 0,
    }),
    store: (...readings) => {
      stored += readings.length;
      for (const reading of readings) {
        const key = `${reading.series.topic} ${reading.series.agent}`;
        const before = series.get(key);
        series.set(key, {
          id: before?.id ?? series.size + 1,
          key: reading.series,
          firstMs: before?.firstMs ?? reading.timeMs,
          readings: (before?.readings ?? 0) + 1,
          newest: reading,
        });
      }
      for (const listener of storedListeners) listener(readings);
    },
    tell: (agent, state, receivedMs) => {
      agents.set(agent, { agent, state, receivedMs });
      for (const listener of agentListeners) listener(agent, state);
    },
  };
}

let position = 0;

/** A reading of the topic, measured and received at `timeMs`, every 10 s, unless said otherwise. */
export function readingOf(
  topic: string,
  timeMs: number,
  values: Values,
  more: Partial<StoredReading> = {},
): StoredReading {
  position += 1;
  return {
    position,
    series: { topic, agent: 'barn' },
    timeMs,
    receivedMs: timeMs,
    clock: 'synced',
    kind: 'solar_charger',
    definition: 'victron-ble',
    intervalSeconds: 10,
    values,
    ...more,
  };
}

export function agentStateOf(
  state: AgentState['state'],
  timeMs: number,
  more: Partial<AgentState> = {},
): AgentState {
  return {
    state,
    version: '1.0.0',
    timeMs,
    outbox: { readings: 0, bytes: 0 },
    evicted: [],
    devices: [],
    ...more,
  };
}
