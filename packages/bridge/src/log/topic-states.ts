// The newest message of topics that hold a state, a command, or a value of unknown age; agents' states parsed.

import type { DatabaseSync } from 'node:sqlite';
import type { AgentState } from '@wattline/protocols';
import { judgeAgentTopic } from '../ingest/ingest.ts';
import type { Message } from '../message.ts';

export interface AgentSummary {
  readonly agent: string;
  readonly state: AgentState;
  readonly receivedMs: number;
}

export interface TopicStates {
  /** Inside the transaction. False: there are too many topics. An empty payload clears the topic. */
  put(message: Message): boolean;
  /** After `put` of an agent's state. */
  setAgent(agent: string, state: AgentState | undefined, receivedMs: number): void;
  agents(): readonly AgentSummary[];
  newest(topic: string): Message | undefined;
  reload(): void;
}

const topicStatesMax = 10_000;

export function openTopicStates(database: DatabaseSync): TopicStates {
  const upsert = database.prepare(
    `INSERT INTO log_topic VALUES (?, ?, ?) ON CONFLICT (topic) DO UPDATE
     SET received_ms = excluded.received_ms, payload = excluded.payload`,
  );
  const remove = database.prepare('DELETE FROM log_topic WHERE topic = ?');
  const selectAll = database.prepare('SELECT topic, received_ms, payload FROM log_topic');
  const selectOne = database.prepare('SELECT topic, received_ms, payload FROM log_topic WHERE topic = ?');
  const topics = new Set<string>();
  const agents = new Map<string, AgentSummary>();

  const messageOf = (row: Record<string, unknown>): Message => ({
    topic: String(row['topic']),
    payload: row['payload'] as Uint8Array,
    receivedMs: Number(row['received_ms']),
    retained: false,
  });
  const reload = (): void => {
    topics.clear();
    agents.clear();
    for (const row of selectAll.iterate()) {
      const message = messageOf(row);
      topics.add(message.topic);
      const judged = judgeAgentTopic(message.topic, Buffer.from(message.payload).toString());
      if (judged.is !== 'agent_state' || judged.state === undefined) continue;
      const { agent, state } = judged;
      agents.set(agent, { agent, state, receivedMs: message.receivedMs });
    }
  };
  reload();

  return {
    put: ({ topic, receivedMs, payload }) => {
      if (payload.length === 0) {
        remove.run(topic);
        topics.delete(topic);
        return true;
      }
      if (!topics.has(topic) && topics.size >= topicStatesMax) return false;
      topics.add(topic);
      upsert.run(topic, receivedMs, payload);
      return true;
    },
    setAgent: (agent, state, receivedMs) => {
      if (state === undefined) agents.delete(agent);
      else agents.set(agent, { agent, state, receivedMs });
    },
    agents: () => [...agents.values()],
    newest: (topic) => {
      const row = selectOne.get(topic);
      return row === undefined ? undefined : messageOf(row);
    },
    reload,
  };
}
