// The service inside this process: what it opens it closes, also when it cannot start.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClock } from '@wattline/program';
import { expect, test } from 'vitest';
import { machineOf } from '../../program/test/machine.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { loadBridgeConfiguration } from '../src/config/load.ts';
import { type Service, startService } from '../src/service.ts';
import { publish, publisher, readingOf, roof } from './service-rig.ts';

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

async function prepare() {
  const brokerPort = await freePort();
  const pagePort = await freePort();
  const { load } = machineOf(loadBridgeConfiguration, {
    'bridge.yml': [
      `broker: { listen: "127.0.0.1:${brokerPort}" }`,
      'store: { path: store }',
      `web: { listen: "127.0.0.1:${pagePort}" }`,
      '',
    ].join('\n'),
  });
  const start = (): Promise<Service> =>
    startService({
      ...{
        configuration: load().configuration,
        clock: createClock(),
        log: silent,
        version: '0',
        page: undefined,
      },
      hostName: 'barn',
      worker: new URL('../src/queries/worker.ts', import.meta.url),
    });
  return { brokerPort, pagePort, start };
}

/** What keeps this process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;

test('closed, it gives back ports and store, and what was published is there at the next start', async () => {
  const { brokerPort, start } = await prepare();
  const first = await start();
  expect(first.notReady()).toEqual([]);
  const client = await publisher(`mqtt://127.0.0.1:${brokerPort}`);
  await publish(client, roof, [readingOf(0, Date.now())]);
  await first.close();
  await first.close();
  const second = await start();
  const answer = await fetch(`${second.pageUrl}/api/devices`);
  expect(await answer.json()).toMatchObject({ devices: [{ name: 'roof' }] });
  await second.close();
});

test.each([
  ['broker', 'broker.listen'],
  ['page', 'EADDRINUSE'],
] as const)('without the port of its %s it leaves nothing open', async (which, words) => {
  const { brokerPort, pagePort, start } = await prepare();
  const other = createServer().listen(which === 'page' ? pagePort : brokerPort, '127.0.0.1');
  await once(other, 'listening');
  const before = timers();
  await expect(start()).rejects.toThrow(words);
  expect(timers()).toBeLessThanOrEqual(before);
  other.close();
  await once(other, 'close');
  // Ports and store are free again, or this would fail.
  const service = await start();
  expect(service.pageUrl).toContain(String(pagePort));
  await service.close();
});
