// A week that has been: readings of the simulated devices with their own times, published as an agent that comes back
// after a week without a network would. Made of the same bytes as the live ones, so the same decoders read them.

import { randomUUID } from 'node:crypto';
import { definitions, formatTopic, type Reading, type VendorWord, writeReading } from '@wattline/protocols';
import { connectAsync } from 'mqtt';
import type { DemoDevice } from './device.ts';

export interface HistoryOptions {
  readonly brokerUrl: string;
  readonly agent: string;
  readonly devices: readonly DemoDevice[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly signal: AbortSignal;
}

/** Messages on their way to the broker and not confirmed. */
const inFlightMax = 500;
const uptimeAtStartMs = 60_000;

/** Returns how many readings the broker confirmed. */
export async function publishHistory(options: HistoryOptions): Promise<number> {
  const { brokerUrl, fromMs, toMs, stepMs, signal } = options;
  const client = await connectAsync(brokerUrl, { protocolVersion: 4, reconnectPeriod: 0 });
  // Without it, what is not confirmed when the connection ends is waited for for ever.
  const lost = new Promise<never>((_, reject) => {
    client.once('close', () => reject(new Error('the broker ended the connection')));
  });
  lost.catch(() => undefined);
  const confirmed = (group: readonly Promise<unknown>[]) => Promise.race([Promise.all(group), lost]);
  const identity = { agent: options.agent, site: options.agent, stream: randomUUID(), boot: randomUUID() };
  let sequence = 0;
  let group: Promise<unknown>[] = [];
  try {
    for (let timeMs = fromMs; timeMs < toMs && !signal.aborted; timeMs += stepMs) {
      for (const { topic, ...part } of readingsAt(options.devices, timeMs)) {
        const reading: Reading = {
          ...part,
          ...identity,
          timeMs,
          clock: 'synced',
          uptimeMs: uptimeAtStartMs + timeMs - fromMs,
          sequence: sequence++,
          intervalSeconds: stepMs / 1000,
        };
        group.push(client.publishAsync(topic, writeReading(reading), { qos: 1 }));
      }
      if (group.length < inFlightMax) continue;
      await confirmed(group);
      group = [];
    }
    await confirmed(group);
  } finally {
    await client.endAsync(true);
  }
  return sequence;
}

type Part = Pick<Reading, 'definition' | 'kind' | 'values' | 'model'> & { readonly topic: string };

/** What the devices say at a time, under the topics that their agent would use. */
export function readingsAt(devices: readonly DemoDevice[], timeMs: number): Part[] {
  return devices.flatMap(({ name, type, definition, readings }) =>
    readings(timeMs).map(({ kind, values, model, part, family }) => ({
      ...{ definition: family ?? definition, kind, values, ...(model === undefined ? {} : { model }) },
      topic: formatTopic({
        vendor: vendorOf(definition),
        type,
        name: part === undefined ? name : `${name}_${part}`,
      }),
    })),
  );
}

function vendorOf(id: string): VendorWord {
  const found = definitions.find((definition) => definition.id === id);
  if (found === undefined) throw new Error(`the catalogue lacks ${id}`);
  return found.vendor;
}
