// `check`: the configuration is valid (or we would not be here), broker and sinks are reached, and what would be created.

import { createConnection } from 'node:net';
import { type ExitCode, exitCodes } from '@wattline/program';
import type { BridgeConfiguration, SinkConfiguration } from '../config/configuration.ts';
import { bucketsOf } from '../service.ts';
import { createInfluxDb2Sink } from '../sinks/influxdb2.ts';
import type { Surround } from '../surround.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
}

const timeoutMs = 5_000;

export async function check({ configuration, terminal }: Surround, json: boolean): Promise<ExitCode> {
  const { store, site, web } = configuration;
  const findings: Finding[] = [
    {
      what: 'configuration',
      ok: true,
      text: `store ${store.path}, page ${web.host}:${web.port}, site ${site.name} (${site.timeZone})`,
    },
    await checkBroker(configuration),
    ...(await Promise.all(configuration.sinks.map((sink) => checkSink(configuration, sink)))),
  ];
  for (const finding of findings) {
    if (json) terminal.printJson(finding);
    else terminal.printLine(`${finding.ok ? 'ok   ' : 'FAULT'} ${finding.what}: ${finding.text}`);
  }
  return findings.every(({ ok }) => ok) ? exitCodes.done : exitCodes.unexpected;
}

async function checkBroker({ broker }: BridgeConfiguration): Promise<Finding> {
  const address = `${broker.host}:${broker.port}`;
  if (broker.is === 'embedded')
    return { what: 'broker', ok: true, text: `embedded, would listen on ${address}` };
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = createConnection({ host: broker.host, port: broker.port, timeout: timeoutMs });
    const done = (text?: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once('connect', () => done());
    socket.once('timeout', () => done('no answer'));
    socket.once('error', (error) => done(error.message));
  });
  return problem === undefined
    ? { what: `broker ${address}`, ok: true, text: 'reached' }
    : { what: `broker ${address}`, ok: false, text: problem };
}

async function checkSink(configuration: BridgeConfiguration, sink: SinkConfiguration): Promise<Finding> {
  const what = `sink ${sink.name}`;
  const influx = createInfluxDb2Sink({
    ...sink,
    token: sink.token.reveal(),
    tiers: bucketsOf(configuration),
  });
  try {
    const missing = await influx.missingBuckets();
    if (missing.length === 0) return { what, ok: true, text: 'reached, every bucket is there' };
    const list = missing.join(', ');
    return sink.createsBuckets
      ? { what, ok: true, text: `reached; would create ${list}` }
      : { what, ok: false, text: `these buckets are missing: ${list}` };
  } catch (error) {
    return { what, ok: false, text: (error as Error).message };
  } finally {
    await influx.close();
  }
}
