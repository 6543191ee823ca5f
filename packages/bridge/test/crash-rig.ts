// Kills the bridge's way into the store at random moments under load, and looks at what is in the store afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, vi } from 'vitest';
import { logSchema } from '../src/log/schema.ts';
import { openLog } from '../src/log/sqlite-log.ts';
import { openStore } from '../src/store.ts';
import { reading } from './scratch-log.ts';

/** More for a long run: `TEST_KILLS=200`. */
export const kills = Number(process.env['TEST_KILLS'] ?? 10);

const childFile = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const inFlight = 50;
/** A kill before so many are acknowledged proves little. */
const perRound = 20;
/** So that a broker that can do more does not gather a backlog of minutes. */
const betweenMs = 10;

export interface Victim {
  start(): Promise<void>;
  kill(): Promise<void>;
}

export function createVictim(store: string, way: 'broker' | 'subscriber', where: string): Victim {
  let child: ChildProcess | undefined;
  return {
    start: async () => {
      const started = spawn(process.execPath, [childFile, store, way, where], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      await once(started.stdout, 'data');
    },
    kill: async () => {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      child = undefined;
    },
  };
}

/** Publishes some thousand readings a second, each until it is acknowledged, across reconnects. */
export async function startLoad(url: string) {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 20, connectTimeout: 2_000 });
  client.on('error', () => undefined);
  const acknowledged: number[] = [];
  let next = 0;
  let going = true;
  const publishOn = async (): Promise<void> => {
    while (going) {
      const sequence = next++;
      const { topic, payload } = reading(sequence, { topic: `victron/smartsolar/roof${sequence % 5}` });
      while (!(await published(client, topic, payload))) await pause(20);
      acknowledged.push(sequence);
      await pause(betweenMs);
    }
  };
  const publishing = Array.from({ length: inFlight }, publishOn);
  return {
    acknowledged,
    /** Resolves when enough is acknowledged for another kill, however slow the machine is. */
    round: (): Promise<unknown> => {
      const enough = acknowledged.length + perRound;
      return vi.waitUntil(() => acknowledged.length >= enough, { timeout: 20_000, interval: 5 });
    },
    /** Resolves when everything that was published is acknowledged. */
    stop: async (): Promise<void> => {
      going = false;
      await Promise.all(publishing);
      await client.endAsync();
    },
  };
}

/** False when the connection ended before the acknowledgement. */
const published = (client: MqttClient, topic: string, payload: Uint8Array): Promise<boolean> =>
  client.publishAsync(topic, Buffer.from(payload), { qos: 1 }).then(
    () => true,
    () => false,
  );

/** The sequences in the store, in order, and its accounts. */
export function inspect(path: string) {
  const store = openStore({ path, parts: [logSchema] });
  const log = openLog({
    store,
    clockSynced: () => true,
    rawMs: 1,
    bytesMax: 1024 ** 3,
    report: () => undefined,
  });
  const sequences = log
    .read(0, Number.MAX_SAFE_INTEGER)
    .map(({ values }) => Number(values['pv_power']))
    .sort((a, b) => a - b);
  const accounts = log.accounts();
  const summed = log.series().reduce((sum, { readings }) => sum + readings, 0);
  store.close();
  return { sequences, accounts, summed };
}

/** Everything that was acknowledged is in the store, once, and counted so. */
export function expectAllStored(path: string, acknowledged: readonly number[]): void {
  const { sequences, accounts, summed } = inspect(path);
  expect(sequences).toEqual(acknowledged.toSorted((a, b) => a - b));
  expect(accounts.missing).toEqual([]);
  expect(accounts.received).toBe(accounts.stored + accounts.duplicate);
  expect(summed).toBe(sequences.length);
  expect(sequences.length).toBeGreaterThanOrEqual(perRound * kills);
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
