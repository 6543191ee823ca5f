// /api/agents, POST /api/agents/:agent/stay_awake

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Agent, Agents } from '../../live/agents.ts';
import { type IdentityOf, requireActor } from '../access.ts';
import type { AgentView } from '../api.ts';
import { RequestError } from '../errors.ts';
import { parseRequest } from '../query.ts';

interface Parts {
  readonly agents: Pick<Agents, 'get' | 'entries'>;
  readonly clock: () => number;
  readonly identityOf: IdentityOf;
  /** Publishes the command; rejects when the broker does not take it. */
  readonly stayAwake: (agent: string, untilMs: number) => Promise<void>;
}

const minutesMax = 24 * 60;
const bodyShape = z.strictObject({
  minutes: z
    .int({ error: `expected a whole number from 1 to ${minutesMax}` })
    .min(1, `expected at least 1`)
    .max(minutesMax, `expected at most ${minutesMax}`),
});

export function serveAgents(server: FastifyInstance, { agents, clock, stayAwake, identityOf }: Parts): void {
  server.get('/api/agents', () => ({
    now: clock(),
    agents: agents.entries().map(([name, agent]) => agentView(name, agent)),
  }));
  server.post('/api/agents/:agent/stay_awake', async (request) => {
    requireActor(identityOf(request));
    const { agent } = parseRequest(z.object({ agent: z.string() }), request.params);
    const { minutes } = parseRequest(bodyShape, request.body);
    if (agents.get(agent) === undefined) {
      const message = `No agent is called "${agent}"; /api/agents lists them.`;
      throw new RequestError(404, 'not_found', message);
    }
    const until = clock() + minutes * 60_000;
    try {
      await stayAwake(agent, until);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RequestError(503, 'broker', `The broker did not take the command: ${reason}`);
    }
    return { agent, until };
  });
}

export function agentView(name: string, { state, receivedMs }: Agent): AgentView {
  const { outbox, readings } = state;
  return {
    name,
    state: state.state,
    version: state.version,
    heard: receivedMs,
    ...(state.nextDueMs === undefined ? {} : { next_due: state.nextDueMs }),
    ...(outbox === undefined ? {} : { outbox: outboxView(outbox) }),
    ...(readings === undefined ? {} : { readings: readingsView(readings) }),
    devices: state.devices.map((device) => ({
      name: device.name,
      topic: device.topic,
      interval: device.intervalSeconds,
      ...(device.lastReadMs === undefined ? {} : { last_read: device.lastReadMs }),
      ...(device.rssi === undefined ? {} : { signal_strength: device.rssi }),
      ...(device.problem === undefined ? {} : { problem: device.problem }),
    })),
    in_reach: (state.inReach ?? []).map(({ address, model, rssi }) => ({
      address,
      model,
      ...(rssi === undefined ? {} : { signal_strength: rssi }),
    })),
  };
}

const outboxView = ({
  readings,
  bytes,
  oldestMs,
}: NonNullable<Agent['state']['outbox']>): NonNullable<AgentView['outbox']> => ({
  readings,
  bytes,
  ...(oldestMs === undefined ? {} : { oldest: oldestMs }),
});

const readingsView = ({
  givenUp,
  ...others
}: NonNullable<Agent['state']['readings']>): NonNullable<AgentView['readings']> => ({
  ...others,
  given_up: givenUp,
});
