// A short campaign with each kind of broker, a hundred faults in all: the long ones are `npm run faults`.

import { expect, test } from 'vitest';
import { scratchFolder } from '../../packages/program/test/scratch-folder.ts';
import { hasMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { hasAllNeeds } from '../../packages/simulator/src/services/needs.ts';
import { runCampaign } from '../faults/campaign.ts';
import { findFaketime } from '../faults/clock.ts';
import { canMount } from '../faults/disk.ts';

const patience = { timeout: 240_000 };
const faults = 50;
const faketime = findFaketime();
hasAllNeeds(
  faketime === undefined ? 'libfaketime missing: sudo apt install libfaketime' : undefined,
  process.env,
);
const mounts = canMount();
if (!mounts) process.stderr.write('skipped: no disk is filled, because mounting one needs root\n');

async function expectNothingLost(broker: 'mosquitto' | 'embedded'): Promise<void> {
  const seed = Date.now() % 1_000_000;
  console.error(`seed ${seed}`);
  const verdict = await runCampaign({
    ...{ folder: scratchFolder(), seed, broker, until: { faults }, mounts },
    ...(faketime === undefined ? {} : { faketime }),
  });
  const bad = ['lost', 'doubled', 'invented', 'wrong', 'openAccounts', 'gaveUp'];
  expect(verdict).toMatchObject(Object.fromEntries(bad.map((how) => [how, []])));
  expect(verdict.faults).toBeGreaterThanOrEqual(faults);
  expect(verdict.accepted).toBeGreaterThan(faults);
  expect(verdict.compared).toBeGreaterThan(verdict.accepted);
  expect(verdict.looks).toBeGreaterThan(0);
}

test('after fifty faults everything accepted is stored, once, in every sink and tier', patience, () =>
  expectNothingLost('embedded'),
);

test.skipIf(!hasMosquitto(process.env))('the same with Mosquitto between agent and bridge', patience, () =>
  expectNothingLost('mosquitto'),
);
