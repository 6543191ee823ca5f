// An agent's delivery wired as the program wires it, and a way to its broker that can be cut.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { createDelivery, type Delivery, deliveryTimes } from '../src/delivery/delivery.ts';
import type { DeliveryTimes } from '../src/delivery/flow.ts';
import { type Outbox, openOutbox } from '../src/outbox/outbox.ts';
import { createPublisher, type Publisher } from '../src/publisher/publisher.ts';
import type { Arrival } from './delivery-brokers.ts';

export const roof = 'victron/solar_charger/roof';
export const bank = 'jbd/battery/bank';

export const count = (length: number, from = 0): number[] =>
  Array.from({ length }, (_, index) => from + index);
export const forever = new AbortController().signal;

export const sequencesOf = (arrivals: readonly Arrival[], topic?: string): number[] =>
  arrivals
    .filter((arrival) => arrival.topic.split('/').length === 3 && arrival.topic === (topic ?? arrival.topic))
    .map(({ payload }) => (JSON.parse(payload) as { _seq: number })._seq);

export interface Agent {
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly publisher: Publisher;
  readonly said: readonly string[];
}

export interface AgentOptions {
  readonly url: string;
  readonly path: string;
  readonly times?: Partial<DeliveryTimes>;
  readonly will?: { readonly topic: string; readonly payload: string };
  readonly nowMs?: () => number;
  readonly bytesMax?: number;
}

export async function startAgent({
  url,
  path,
  times,
  will,
  bytesMax = 1024 * 1024,
  nowMs = () => Date.UTC(2026, 5, 2),
}: AgentOptions): Promise<Agent> {
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
  };
  const log = { error: say, warn: say, info: say, debug: () => {} };
  const publisher = createPublisher({
    ...{ url, log, username: 'barn', clientId: 'wattline-agent-barn', version: 'auto', backOffMs: () => 20 },
    ...(will === undefined ? {} : { will }),
  });
  const outbox = await openOutbox({ path, bytesMax, ageMaxMs: 90 * 86_400_000 });
  const clock = { nowMs, isSynced: () => true };
  const delivery = createDelivery({
    publisher,
    outbox,
    clock,
    log,
    retain: false,
    times: { ...deliveryTimes, ...times },
  });
  onTestFinished(async () => {
    await publisher.close();
  });
  return { delivery, outbox, publisher, said };
}

export interface Gate {
  readonly url: string;
  /** Ends every connection, as the network does, and lets nobody through until it is opened. */
  shut(): void;
  open(): void;
  /** What the broker says from now on does not arrive. */
  mute(): void;
}

/** A way to a broker that the test can cut. */
export async function startGate(brokerPort: number): Promise<Gate> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let isOpen = true;
  let isMute = false;
  const server = createServer((socket) => {
    if (!isOpen) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect(brokerPort, '127.0.0.1');
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on('error', () => {});
    }
    socket.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!isMute) socket.write(bytes);
    });
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const shut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  };
  onTestFinished(() => {
    shut();
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${port}`,
    shut,
    open: () => {
      isOpen = true;
      isMute = false;
    },
    mute: () => {
      isMute = true;
    },
  };
}
