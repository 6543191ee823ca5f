// The agent at its daily work: twenty devices on the virtual radio, real noble.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { advertisement, radioDevices } from '../../packages/simulator/src/demo/devices.ts';
import { serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../packages/simulator/src/radio/virtual-radio.ts';
import { createSite } from '../../packages/simulator/src/site/site.ts';
import { openBatteries } from './asked.ts';
import { startExampleMosquitto } from './broker.ts';
import type { Measurement } from './measurement.ts';
import { median, type Usage, usageOf } from './usage.ts';

const devices = 20;
const askedEveryMs = 10_000;
/** Values, cells and counts of a JBD battery. */
const recordsAPoll = 3;
/** Until code and heap have found their size. */
const settleMs = 120_000;

/** @param forMs how long is looked; the memory of its second half is compared with that of the first */
export async function measureAgentRun(agent: string, folder: string, forMs: number): Promise<Measurement[]> {
  mkdirSync(folder, { recursive: true });
  const mosquitto = await startExampleMosquitto();
  const site = createSite(Date.now() - 3_600_000, 7, 0);
  const radio = createVirtualRadio();
  const names = Array.from({ length: devices }, (_, index) => `device-${index}`);
  const addressOf = (index: number) => `FA:AC:27:00:01:${index.toString(16).padStart(2, '0').toUpperCase()}`;
  const modelOf = (index: number) => {
    const model = radioDevices[index % radioDevices.length];
    if (model === undefined) throw new Error('there are no simulated devices');
    return model;
  };
  names.forEach((_, index) => {
    const model = modelOf(index);
    radio.add(
      createPeripheral({
        address: addressOf(index),
        addressType: 'random',
        intervalMs: 1000,
        advertising: () => {
          const now = Date.now();
          return advertisement(model, Math.floor(now / 1000), site.at(now)[model.name]);
        },
      }),
    );
  });
  const server = await serveH4(radio);
  const config = join(folder, 'agent.yml');
  const lines = names.map(
    (name, index) =>
      `  - { name: ${name}, definition: victron-ble, address: "${addressOf(index)}", key: ${modelOf(index).key} }`,
  );
  writeFileSync(
    config,
    `agent: bench\nmqtt: { host: 127.0.0.1, port: ${mosquitto.port} }\noutbox: { path: ${folder}/outbox }\n` +
      `bluetooth: { adapter: "tcp:127.0.0.1:${server.port}" }\ndevices:\n${lines.join('\n')}\n`,
  );
  try {
    return judge(await watch(agent, config, forMs), forMs, `${devices} devices at 1 advertisement/s each`);
  } finally {
    await server.close();
    radio.close();
    await mosquitto.remove();
  }
}

/** The same with batteries that are connected to and asked every 10 s. */
export async function measureAskedRun(agent: string, folder: string, forMs: number): Promise<Measurement[]> {
  mkdirSync(folder, { recursive: true });
  const mosquitto = await startExampleMosquitto();
  const site = await openBatteries(devices);
  try {
    const { radio } = site;
    const samples = await watch(agent, site.configure(folder, mosquitto.port), forMs);
    const wanted = (devices * recordsAPoll * (settleMs + forMs)) / askedEveryMs;
    if (radio.packetsTaken < 0.8 * wanted)
      throw new Error(`${radio.packetsTaken} packets were sent to the batteries where ${wanted} were due`);
    return judge(samples, forMs, `${devices} JBD batteries by Bluetooth, each asked every 10 s`);
  } finally {
    await site.close();
    await mosquitto.remove();
  }
}

async function watch(agent: string, config: string, forMs: number): Promise<Usage[]> {
  const child = spawn(agent, ['--config', config, '--quiet', 'run'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await wait(settleMs);
    const samples = [usageOf(child.pid ?? 0)];
    for (let step = 0; step < 10; step++) {
      await wait(forMs / 10);
      samples.push(usageOf(child.pid ?? 0));
    }
    return samples;
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

function judge(samples: readonly Usage[], forMs: number, site: string): Measurement[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) throw new Error('no samples');
  const share = ((last.cpuSeconds - first.cpuSeconds) / (forMs / 1000)) * 100;
  const peak = Math.max(...samples.map(({ residentBytes }) => residentBytes)) / 2 ** 20;
  const half = Math.floor(samples.length / 2);
  const resident = (part: readonly Usage[]) => median(part.map(({ residentBytes }) => residentBytes));
  const growth = (resident(samples.slice(half)) - resident(samples.slice(0, half))) / 2 ** 20;
  const minutes = Math.round(forMs / 60_000);
  const what = `agent \`run\`, ${site}, over ${minutes} min`;
  return [
    {
      what: `${what}: one core`,
      result: `${share.toFixed(1)} %`,
      required: '≤ 5 %',
      goal: '≤ 2 %',
      isMet: share <= 5,
    },
    {
      what: `${what}: RSS of all its processes, growth`,
      result: `${Math.round(peak)} MB, ${growth >= 0 ? '+' : '−'}${Math.abs(growth).toFixed(1)} MB`,
      required: '≤ 160 MB, flat',
      goal: '',
      // Below its first full collection a heap grows a little.
      isMet: peak <= 160 && growth < 0.05 * peak,
    },
  ];
}
