// `dashboards --out DIR`: Grafana's dashboards, data source, rules, for the database of the configuration.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ExitCode, exitCodes, parseDuration, UsageError } from '@wattline/program';
import type { Invocation } from '../command-line.ts';
import type { BridgeConfiguration } from '../config/configuration.ts';
import { grafanaFiles } from '../dashboards/files.ts';
import type { Place } from '../dashboards/place.ts';
import type { Surround } from '../surround.ts';

type Asked = Extract<Invocation, { command: 'dashboards' }>;

export function writeDashboards({ configuration, terminal }: Surround, asked: Asked): ExitCode {
  const intervalMs = parseDuration(asked.interval);
  if (intervalMs === undefined || !Number.isFinite(intervalMs))
    throw new UsageError(`--interval takes a duration such as 30s or 20m, not "${asked.interval}"`);
  const place = placeOf(configuration, asked.sink);
  const files = grafanaFiles({ place, intervalSeconds: intervalMs / 1_000 });
  for (const { path, content } of files) {
    const file = join(asked.out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  terminal.printLine(
    `${files.length} files in ${asked.out}, for ${place.type} at ${place.url}, ${place.database}`,
  );
  return exitCodes.done;
}

/** The first database of the configuration; without one InfluxDB 2 beside, by its default names. */
function placeOf({ sinks, store: { retention } }: BridgeConfiguration, name: string | undefined): Place {
  const databases = sinks.flatMap((sink): (Place & { name: string })[] => {
    switch (sink.type) {
      case 'influxdb2':
        return [{ name: sink.name, type: sink.type, url: sink.url, database: sink.bucket, retention }];
      case 'influxdb1':
        return [{ name: sink.name, type: sink.type, url: sink.url, database: sink.database, retention }];
      default:
        return [];
    }
  });
  const [first] = databases;
  if (name === undefined) return first ?? { ...defaultPlace, retention };
  const found = databases.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = databases.map((each) => each.name).join(', ') || 'none';
  throw new UsageError(
    `no sink of the configuration that Grafana can ask is called ${name}; there are ${known}`,
  );
}

export const defaultPlace = {
  type: 'influxdb2',
  url: 'http://127.0.0.1:8086',
  database: 'wattline',
} as const;
