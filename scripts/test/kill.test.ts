import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../packages/program/test/scratch-folder.ts';
import { hasMosquitto, startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { runCampaign } from '../kill/campaign.ts';

const kills = 12;
const patience = { timeout: 180_000 };

async function expectNothingLost(broker?: string): Promise<void> {
  const seed = Date.now() % 1_000_000;
  console.error(`seed ${seed}`);
  const campaign = { folder: scratchFolder(), kills, seed, ...(broker === undefined ? {} : { broker }) };
  const verdict = await runCampaign(campaign);
  expect(verdict).toMatchObject({ kills, lost: [], doubled: [], invented: [] });
  expect(verdict.accepted).toBeGreaterThan(kills);
  expect(verdict.stored).toBeGreaterThanOrEqual(verdict.accepted);
}

test(
  'agent and bridge killed at random moments: what was accepted is stored, once, and nothing else',
  patience,
  () => expectNothingLost(),
);

test.skipIf(!hasMosquitto(process.env))('the same with a broker that lives on', patience, async () => {
  const broker = await startMosquitto();
  onTestFinished(() => broker.remove());
  await expectNothingLost(broker.url);
});
