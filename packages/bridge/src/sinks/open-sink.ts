// From the configuration of a sink to the sink.

import type { BridgeConfiguration, SinkConfiguration } from '../config/configuration.ts';
import { createLocalDays } from '../tiers/local-days.ts';
import { tierName } from '../tiers/tier.ts';
import { createFilesSink } from './files.ts';
import { createInfluxDb1Sink } from './influxdb1.ts';
import { createInfluxDb2Sink } from './influxdb2.ts';
import type { RetentionMemory, TierRetention } from './retention.ts';
import type { Sink } from './sink.ts';

export interface SinkSurround {
  readonly configuration: BridgeConfiguration;
  readonly memory: RetentionMemory;
  readonly clock: () => number;
  /** Whether this machine's clock is right: only then files are compressed and removed. */
  readonly clockSynced: () => boolean;
  /** For words to the operator. */
  readonly report: (text: string) => void;
}

/** Reaches nothing yet. */
export function openSink(
  sink: SinkConfiguration,
  { configuration, memory, clock, clockSynced, report }: SinkSurround,
): Sink {
  const say = (text: string): void => report(`Sink ${sink.name}: ${text}`);
  const keeping = { tiers: retentionsOf(configuration), memory, report: say };
  switch (sink.type) {
    case 'influxdb2':
      return createInfluxDb2Sink({ ...sink, ...keeping, token: sink.token.reveal() });
    case 'influxdb1': {
      const { password, ...place } = sink;
      const secret = password === undefined ? {} : { password: password.reveal() };
      return createInfluxDb1Sink({ ...place, ...keeping, ...secret, clock });
    }
    case 'csv':
    case 'jsonl': {
      const days = createLocalDays(configuration.site.timeZone);
      return createFilesSink({ ...sink, format: sink.type, days, clock, clockSynced, report: say });
    }
  }
}

/** The raw readings and the tiers, each with the retention of the configuration. */
const retentionsOf = ({ store: { retention } }: BridgeConfiguration): TierRetention[] => [
  { tier: 'raw', keepMs: retention.rawMs },
  ...retention.tiers.map(({ every, keepMs }) => ({ tier: tierName(every), keepMs })),
];
