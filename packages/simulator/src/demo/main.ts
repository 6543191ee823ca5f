// `npm run demo`: bridge with its own broker and store, six simulated devices, the web page. Everything runs as the real
// programs do, on any free ports; Ctrl-C ends all and leaves nothing. `--for 20s` stops by itself and judges.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createLog,
  type ExitCode,
  exitCodes,
  parseDuration,
  runProgram,
  UsageError,
} from '@wattline/program';
import { stringify } from 'yaml';
import { freePort } from '../services/free-port.ts';
import { createSite } from '../site/site.ts';
import { cableDevices, radioDevices } from './devices.ts';
import { type Hardware, plugIn } from './hardware.ts';
import { publishHistory } from './history.ts';
import { type Program, startProgram } from './programs.ts';
import { type Bridge, createBridge } from './watch.ts';

const agent = 'demo';
const seed = 7;
const historyStepMs = 60_000;

const log = createLog({
  level: 'info',
  style: process.stderr.isTTY ? 'terminal' : 'file',
  colour: process.stderr.isTTY === true && !process.env['NO_COLOR'],
  write: (lines) => process.stderr.write(lines),
});
const say = (line: string) => process.stdout.write(`${line}\n`);

function options(): { forMs?: number; historyMs: number } {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { for: { type: 'string' }, history: { type: 'string', default: '7d' } },
  });
  const historyMs = parseDuration(values.history);
  const forMs = values.for === undefined ? undefined : parseDuration(values.for);
  if (historyMs === undefined || (values.for !== undefined && forMs === undefined)) {
    throw new UsageError('usage: npm run demo -- [--for 20s] [--history 7d]');
  }
  return { historyMs, ...(forMs === undefined ? {} : { forMs }) };
}

interface Addresses {
  readonly folder: string;
  readonly brokerPort: number;
  readonly pagePort: number;
}

/** What stands in the files is checked by the programs' own loaders. */
function writeBridge({ folder, brokerPort, pagePort }: Addresses): string {
  const file = join(folder, 'bridge.yml');
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  writeFileSync(
    file,
    stringify({
      broker: { listen: `127.0.0.1:${brokerPort}` },
      store: { path: join(folder, 'store') },
      web: { listen: `127.0.0.1:${pagePort}` },
      site: { name: 'Simulated cabin', timezone: timeZone },
    }),
  );
  return file;
}

function writeAgent({ folder, brokerPort }: Addresses, hardware: Hardware): string {
  const file = join(folder, 'agent.yml');
  const onAir = radioDevices.map(({ name, type, address, key }) => {
    return { name, definition: 'victron-ble', type, address, key, interval: '2s' };
  });
  const byCable = cableDevices.flatMap(({ name, type }) => {
    const port = hardware.ports.get(name);
    return port === undefined ? [] : [{ name, definition: 'vedirect-text', type, port, interval: '2s' }];
  });
  writeFileSync(
    file,
    stringify({
      agent,
      mqtt: { host: '127.0.0.1', port: brokerPort },
      outbox: { path: join(folder, 'outbox') },
      bluetooth: { adapter: `tcp:127.0.0.1:${hardware.radioPort}` },
      devices: [...onAir, ...byCable],
    }),
  );
  return file;
}

/** Says what is where. */
function announce({ brokerPort, pagePort }: Addresses, hardware: Hardware): void {
  say(`\n  Page     http://127.0.0.1:${pagePort}/`);
  say(`  Broker   mqtt://127.0.0.1:${brokerPort}   topics victron/<type>/<name>`);
  say(`  Radio    ${radioDevices.map(({ name, type }) => `${name} (${type})`).join(', ')}`);
  const cables = cableDevices.filter(({ name }) => hardware.ports.has(name));
  if (cables.length > 0) say(`  Cable    ${cables.map(({ name, type }) => `${name} (${type})`).join(', ')}`);
  for (const line of hardware.missing) say(`  Missing  ${line}`);
  say('\n  Ctrl-C ends everything.\n');
}

async function demonstrate(signal: AbortSignal): Promise<ExitCode> {
  const { forMs, historyMs } = options();
  const startMs = Date.now();
  const offsetMs = -new Date(startMs).getTimezoneOffset() * 60_000;
  const addresses: Addresses = {
    folder: mkdtempSync(join(tmpdir(), 'wattline-demo-')),
    brokerPort: await freePort(1883),
    pagePort: await freePort(9999),
  };
  const programs: Program[] = [];
  let hardware: Hardware | undefined;
  const over = AbortSignal.any([
    signal,
    orphaned(),
    ...(forMs === undefined ? [] : [AbortSignal.timeout(forMs)]),
  ]);
  try {
    programs.push(startProgram('bridge', ['--config', writeBridge(addresses), 'run']));
    hardware = await plugIn(createSite(startMs - historyMs, seed, offsetMs), addresses.folder);
    const bridge = createBridge(`http://127.0.0.1:${addresses.pagePort}`);
    await Promise.race([bridge.ready(over), ...programs.map(({ ended }) => ended)]);
    programs.push(startProgram('agent', ['--config', writeAgent(addresses, hardware), 'run']));
    announce(addresses, hardware);
    const history = publishHistory({
      brokerUrl: `mqtt://127.0.0.1:${addresses.brokerPort}`,
      agent,
      site: createSite(startMs - historyMs, seed, offsetMs),
      fromMs: startMs - historyMs,
      toMs: startMs,
      stepMs: historyStepMs,
      signal: over,
    }).then((count) =>
      say(
        `  ${count.toLocaleString('en')} readings of the last ${Math.round(historyMs / 86_400_000)} days stored`,
      ),
    );
    await Promise.race([
      aborted(over),
      history.then(() => aborted(over)),
      ...programs.map(({ ended }) => ended),
    ]);
    await history;
    return forMs === undefined ? exitCodes.done : await judge(bridge, hardware, startMs);
  } finally {
    for (const program of programs.reverse()) await program.stop();
    await hardware?.close();
    rmSync(addresses.folder, { recursive: true, force: true });
  }
}

/** Every device that could be simulated here must have been stored live. */
async function judge(bridge: Bridge, hardware: Hardware, startMs: number): Promise<ExitCode> {
  const wanted = [...radioDevices.map(({ name }) => name), ...hardware.ports.keys()];
  const stored = await bridge.newest();
  let complete = true;
  for (const name of wanted) {
    const timeMs = stored.get(name);
    const isLive = timeMs !== undefined && timeMs >= startMs;
    complete &&= isLive;
    say(`  ${name}: ${isLive ? `stored, newest ${new Date(timeMs).toISOString()}` : 'NOT stored'}`);
  }
  return complete ? exitCodes.done : exitCodes.unexpected;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Whoever started us was killed without a word: the parent is another one. */
function orphaned(): AbortSignal {
  const gone = new AbortController();
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) gone.abort();
  }, 500).unref();
  return gone.signal;
}

await runProgram(demonstrate, { log, process });
