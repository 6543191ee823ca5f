// A bridge as a whole program in a scratch folder, somebody who publishes to it, and somebody who asks it over HTTP.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Reading, writeReading } from '@wattline/protocols';
import mqtt, { type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import {
  type ProgramOptions,
  type RunningProgram,
  startFromSource,
} from '../../simulator/src/services/program.ts';

export interface BridgeSite {
  readonly folder: string;
  readonly brokerPort: number;
  readonly pagePort: number;
  /** Any command, in the folder. */
  bridge(words: readonly string[], options?: Partial<ProgramOptions>): RunningProgram;
  /** `run`, and resolves when it is ready. */
  start(words?: readonly string[]): Promise<RunningProgram>;
  /** JSON of a path. */
  ask<Answer>(path: string): Promise<Answer>;
  /** Resolves with the answer once it fits. */
  until<Answer>(path: string, fits: (answer: Answer) => boolean): Promise<Answer>;
}

/** `broker` in place of the embedded one. */
export async function openBridgeSite(broker?: string): Promise<BridgeSite> {
  const folder = scratchFolder();
  const brokerPort = await freePort();
  const pagePort = await freePort();
  writeFileSync(
    join(folder, 'bridge.yml'),
    [
      `broker: { ${broker === undefined ? `listen: "127.0.0.1:${brokerPort}"` : `url: "${broker}"`} }`,
      'store: { path: store }',
      `web: { listen: "127.0.0.1:${pagePort}" }`,
      'site: { name: Cabin, timezone: Europe/Rome }',
      '',
    ].join('\n'),
  );
  const started: RunningProgram[] = [];
  onTestFinished(async () => {
    for (const program of started) await program.stop('SIGKILL');
  });
  const bridge: BridgeSite['bridge'] = (words, options) => {
    const program = startFromSource('bridge', words, { folder, ...options });
    started.push(program);
    return program;
  };
  const ask = async <Answer>(path: string): Promise<Answer> => {
    const answer = await fetch(`http://127.0.0.1:${pagePort}${path}`);
    return (await answer.json()) as Answer;
  };
  return {
    ...{ folder, brokerPort, pagePort, bridge, ask },
    async start(words = ['run']) {
      const program = bridge(words);
      await program.untilSaid(/INFO {2}page http:\/\//);
      return program;
    },
    async until(path, fits) {
      for (;;) {
        const answer = await ask<Parameters<typeof fits>[0]>(path);
        if (fits(answer)) return answer;
        await wait(50);
      }
    },
  };
}

export async function publisher(url: string): Promise<Pick<MqttClient, 'publishAsync' | 'endAsync'>> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 });
  client.on('error', () => undefined);
  onTestFinished(() => client.endAsync(true));
  return client;
}

export const roof = 'victron/smartsolar/roof';

/** A charger's reading; its power is its sequence. */
export const readingOf = (sequence: number, timeMs: number, more: Partial<Reading> = {}): Reading => ({
  ...{ timeMs, sequence, uptimeMs: 1000 + sequence, clock: 'synced', boot: 'b007', stream: '5ea' },
  ...{ agent: 'barn', definition: 'victron-ble', kind: 'solar_charger', intervalSeconds: 10 },
  values: { pv_power: sequence, battery_voltage: 13.2, charge_state: 'bulk' },
  ...more,
});

/** Resolves when the broker has confirmed all. */
export async function publish(
  client: Pick<MqttClient, 'publishAsync'>,
  topic: string,
  readings: readonly Reading[],
): Promise<void> {
  await Promise.all(readings.map((each) => client.publishAsync(topic, writeReading(each), { qos: 1 })));
}
