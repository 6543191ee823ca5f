import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Aedes } from 'aedes';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { seededRandom } from '../../simulator/src/powercut/cut.ts';
import { startAedes } from './delivery-brokers.ts';
import { startAgent } from './delivery-rig.ts';

const kills = 15;
const seed = 1;

/** Runs an agent until it is killed; adds what it said was accepted. */
async function runAndKill(url: string, path: string, lifeMs: number, accepted: Set<string>): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'delivery-child.ts'), url, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => accepted.add(line));
  await once(lines, 'line');
  setTimeout(() => child.kill('SIGKILL'), lifeMs);
  await once(lines, 'close');
}

/** Remembers what the broker takes, before it confirms. */
function listen(broker: Aedes, arrived: Set<string>): void {
  broker.authorizePublish = (_, { payload }, done) => {
    const { _stream, _seq } = JSON.parse(payload.toString()) as { _stream: string; _seq: number };
    arrived.add(`${_stream} ${_seq}`);
    done(null);
  };
}

test('an agent killed at any moment, with a broker that comes and goes, loses nothing that was accepted', async () => {
  const random = seededRandom(seed);
  const path = scratchFolder();
  const accepted = new Set<string>();
  const arrived = new Set<string>();
  const aedes = await startAedes();
  listen(aedes.broker(), arrived);
  let isUp = true;
  for (let kill = 0; kill < kills; kill += 1) {
    const running = runAndKill(aedes.url, path, 10 + random() * 300, accepted);
    if (random() < 0.5) {
      if (isUp) await aedes.kill();
      else await aedes.start();
      isUp = !isUp;
      if (isUp) listen(aedes.broker(), arrived);
    }
    await running;
  }
  if (!isUp) {
    await aedes.start();
    listen(aedes.broker(), arrived);
  }
  const { delivery } = await startAgent({ url: aedes.url, path, bytesMax: 16 * 1024 * 1024 });
  expect(await delivery.drain(AbortSignal.timeout(30_000))).toBe(true);
  await delivery.close();
  expect(accepted.size).toBeGreaterThan(kills * 10);
  expect([...accepted].filter((identity) => !arrived.has(identity))).toEqual([]);
}, 90_000);
