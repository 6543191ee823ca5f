import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCampaign } from '../kill/campaign.ts';

const root = dirname(dirname(import.meta.dirname));

test('agent and bridge killed at random moments: what was accepted is stored, once', {
  timeout: 180_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const seed = Date.now() % 1_000_000;
  console.error(`seed ${seed}`);
  const verdict = await runCampaign({ root, folder, kills: 12, seed });
  expect(verdict).toMatchObject({ kills: 12, lost: [], doubled: [] });
  expect(verdict.accepted).toBeGreaterThan(12);
  expect(verdict.stored).toBeGreaterThanOrEqual(verdict.accepted);
});
