// `npm run kill -- --kills 200 --seed 1`: agent and bridge are killed at random moments under load; at the end everything
// accepted is stored, once, and nothing else. `--mosquitto`: with a broker that is not killed with the bridge.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { runCampaign } from './campaign.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string' },
    mosquitto: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'wattline-kill-'));
const broker = values.mosquitto ? await startMosquitto() : undefined;
console.log(`seed ${seed}`);
try {
  const verdict = await runCampaign({
    folder,
    kills: Number(values.kills),
    seed,
    ...(broker === undefined ? {} : { broker: broker.url }),
    progress: (text) => process.stderr.write(process.stderr.isTTY ? `\r${text}` : ''),
  });
  const { kills, accepted, stored, lost, doubled, invented } = verdict;
  console.log(
    `${kills} kills: ${accepted} readings accepted, ${stored} stored, ` +
      `${lost.length} lost, ${doubled.length} doubled, ${invented.length} invented`,
  );
  const wrong = { lost, doubled, invented };
  for (const [how, keys] of Object.entries(wrong))
    for (const key of keys.slice(0, 20)) console.log(`  ${how}: ${key}`);
  if (lost.length + doubled.length + invented.length > 0) process.exitCode = 1;
} finally {
  await broker?.remove();
  rmSync(folder, { recursive: true, force: true });
}
