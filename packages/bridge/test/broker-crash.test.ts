import { afterEach, beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { createVictim, expectAllStored, inspect, kills, pause, startLoad, type Victim } from './crash-rig.ts';

let folder: string;
let victim: Victim;
let port: number;
beforeEach(async () => {
  folder = scratchFolder();
  port = await freePort();
  victim = createVictim(folder, 'broker', String(port));
  await victim.start();
});
afterEach(async () => {
  await victim.kill();
});

test(
  'killed at random moments under load, the embedded broker loses nothing it acknowledged and stores nothing twice',
  async () => {
    const load = await startLoad(`mqtt://127.0.0.1:${port}`);
    for (let round = 0; round < kills; round++) {
      await load.round();
      await pause(50 + Math.random() * 250);
      await victim.kill();
      const known = load.acknowledged.length;
      const { sequences } = inspect(folder);
      const inStore = new Set(sequences);
      expect(load.acknowledged.slice(0, known).filter((sequence) => !inStore.has(sequence))).toEqual([]);
      expect(inStore.size).toBe(sequences.length);
      await victim.start();
    }
    await load.stop();
    await victim.kill();
    expectAllStored(folder, load.acknowledged);
  },
  60_000 + kills * 2_000,
);
