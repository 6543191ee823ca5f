import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { createVictim, expectAllStored, inspect, kills, pause, startLoad, type Victim } from './crash-rig.ts';

describe.skipIf(!hasMosquitto(process.env))('with Mosquitto', () => {
  let folder: string;
  let victim: Victim;
  let mosquitto: Mosquitto;
  beforeEach(async () => {
    folder = scratchFolder();
    mosquitto = await startMosquitto();
    victim = createVictim(folder, 'subscriber', mosquitto.url);
    await victim.start();
  });
  afterEach(async () => {
    await victim.kill();
    await mosquitto.remove();
  });

  test(
    'killed at random moments under load, the bridge loses nothing and stores nothing twice',
    async () => {
      // The session must be there before the first message.
      await pause(500);
      const load = await startLoad(mosquitto.url);
      for (let round = 0; round < kills; round++) {
        await load.round();
        await pause(50 + Math.random() * 350);
        await victim.kill();
        const { sequences } = inspect(folder);
        expect(new Set(sequences).size).toBe(sequences.length);
        await victim.start();
      }
      await load.stop();
      await vi.waitUntil(
        async () => {
          await pause(700);
          await victim.kill();
          if (inspect(folder).sequences.length >= load.acknowledged.length) return true;
          await victim.start();
          return false;
        },
        { timeout: 30_000 },
      );
      expectAllStored(folder, load.acknowledged);
    },
    90_000 + kills * 2_000,
  );
});
