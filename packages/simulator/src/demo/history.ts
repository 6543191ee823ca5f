// A week that has been: readings of the simulated devices with their own times, published as an agent that comes back
// after a week without a network would. Made of the same bytes as the live ones, so the same decoders read them.

import { randomUUID } from 'node:crypto';
import {
  definitions,
  formatTopic,
  type Reading,
  type Values,
  victronCompany,
  writeReading,
} from '@wattline/protocols';
import { connectAsync } from 'mqtt';
import type { Site } from '../site/site.ts';
import { advertisedBytes, cableDevices, radioDevices, sentBytes } from './devices.ts';

export interface HistoryOptions {
  readonly brokerUrl: string;
  readonly agent: string;
  readonly site: Site;
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
  const identity = { agent: options.agent, stream: randomUUID(), boot: randomUUID() };
  let sequence = 0;
  let group: Promise<unknown>[] = [];
  try {
    for (let timeMs = fromMs; timeMs < toMs && !signal.aborted; timeMs += stepMs) {
      for (const { topic, ...part } of readingsAt(options.site, timeMs)) {
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

function readingsAt(site: Site, timeMs: number): Part[] {
  const moment = site.at(timeMs);
  return [
    ...radioDevices.map((device) =>
      partOf(device.type, device.name, heard(device, timeMs, moment[device.name])),
    ),
    ...cableDevices.map((device) => partOf(device.type, device.name, read(device, moment[device.name]))),
  ];
}

type Decoded = Omit<Part, 'topic'>;

const partOf = (type: string, name: string, decoded: Decoded): Part => ({
  ...decoded,
  topic: formatTopic({ vendor: 'victron', type, name }),
});

const definitionOf = (id: string) => definitions.find((definition) => definition.id === id);

function heard(device: (typeof radioDevices)[number], timeMs: number, values: Values): Decoded {
  const payload = advertisedBytes(device, Math.floor(timeMs / 1000), values);
  const decoded = definitionOf('victron-ble')?.hear?.decode(
    { source: victronCompany, payload },
    Buffer.from(device.key, 'hex'),
  );
  if (decoded === undefined || 'ignored' in decoded) throw new Error(`${device.name} sent no reading`);
  return withDefinition('victron-ble', decoded);
}

function read(device: (typeof cableDevices)[number], values: Values): Decoded {
  const [decoded] = definitionOf('vedirect-text')?.readStream?.(sentBytes(device, values)).readings ?? [];
  if (decoded === undefined) throw new Error(`${device.name} sent no reading`);
  return withDefinition('vedirect-text', decoded);
}

const withDefinition = (
  definition: string,
  { kind, values, model }: Omit<Decoded, 'definition'>,
): Decoded => ({
  definition,
  kind,
  values,
  ...(model === undefined ? {} : { model }),
});
