// `npm run kill -- --kills 200 --seed 1`: agent and bridge are killed at random moments under load; at the end everything
// accepted is stored, once.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'wattline-kill-'));
console.log(`seed ${seed}`);
try {
  const verdict = await runCampaign({
    root,
    folder,
    kills: Number(values.kills),
    seed,
    progress: (text) => process.stderr.write(process.stderr.isTTY ? `\r${text}` : ''),
  });
  const { kills, accepted, stored, lost, doubled } = verdict;
  console.log(
    `${kills} kills: ${accepted} readings accepted, ${stored} stored, ${lost.length} lost, ${doubled.length} doubled`,
  );
  for (const key of [...lost, ...doubled].slice(0, 20)) console.log(`  ${key}`);
  if (lost.length + doubled.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
