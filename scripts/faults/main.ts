// `npm run faults -- --minutes 10 --seed 1`: a whole site while programs are killed, connections cut, delayed and
// doubled, the disk filled and clocks stepped; half of the time with Mosquitto, half with the bridge's own broker.
// At the end everything accepted is stored, once, in every sink and tier.
// --faults N instead of --minutes; --only kills,links,surroundings; --broker mosquitto|embedded
// --power-cuts instead of all of these: the power is cut at every write of outbox and store.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nothing } from '../../packages/simulator/src/powercut/subject.ts';
import { hasMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { hasPrograms } from '../../packages/simulator/src/services/needs.ts';
import { runCampaign, type Verdict } from './campaign.ts';
import { findFaketime } from './clock.ts';
import { canMount } from './disk.ts';
import { troubles } from './faults.ts';
import { cutRecordedDisk } from './powercut/recorded.ts';
import { cutTraces } from './powercut/traced.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    faults: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    broker: { type: 'string' },
    'power-cuts': { type: 'boolean', default: false },
  },
});
/** Where nobody watches. */
const sayEvery = 500;
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
/** Program → Debian package; what else the VM needs stands in scripts/vm/packages.txt. */
const machine = { 'qemu-system-x86_64': 'qemu-system-x86', e2fsck: 'e2fsprogs', debugfs: 'e2fsprogs' };

console.log(`seed ${seed}`);
if (values['power-cuts']) await cutPower();
else await causeFaults();

async function cutPower(): Promise<void> {
  if (!hasPrograms({ strace: 'strace' }, process.env)) return;
  const hasMachine = hasPrograms(machine, process.env);
  const ways = { traced: cutTraces(seed), ...(hasMachine ? { 'on ext4': cutRecordedDisk(seed) } : {}) };
  for (const [way, reports] of Object.entries(ways))
    for await (const { subject, omission, cuts, fault, isRight } of reports) {
      const writer = omission === nothing ? subject : `${subject} without ${omission}`;
      const found = fault === '' ? 'no harm' : `harm: ${fault}`;
      console.log(
        `${isRight ? 'as it should' : 'NOT AS IT SHOULD'}: ${way}, ${writer}: ${cuts} cuts, ${found}`,
      );
      if (!isRight) process.exitCode = 1;
    }
}

async function causeFaults(): Promise<void> {
  const brokers = (['mosquitto', 'embedded'] as const)
    .filter((broker) => values.broker === undefined || values.broker === broker)
    .filter((broker) => broker === 'embedded' || hasMosquitto(process.env));
  const only = troubles.filter((trouble) => values.only?.split(',').includes(trouble) ?? true);
  const mounts = canMount();
  const faketime = findFaketime();
  if (!mounts) console.log('skipped: no disk is filled, because mounting one needs root');
  if (faketime === undefined) console.log('skipped: no clock is stepped: sudo apt install libfaketime');

  /** Of all that was asked for, the part of one broker. */
  const until =
    values.faults === undefined
      ? { ms: (Number(values.minutes ?? 10) * 60_000) / brokers.length }
      : { faults: Number(values.faults) / brokers.length };

  for (const broker of brokers) {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-faults-'));
    const startMs = performance.now();
    try {
      const verdict = await runCampaign({
        ...{ folder, seed, broker, until, only, mounts },
        ...(faketime === undefined ? {} : { faketime }),
        progress: (faults, accepted) => {
          const text = `${faults} faults, ${accepted} readings accepted`;
          if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
          else if (faults % sayEvery === 0) process.stderr.write(`${text}\n`);
        },
      });
      print(broker, verdict, (performance.now() - startMs) / 1000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function print(broker: string, verdict: Verdict, seconds: number): void {
  const { faults, done, accepted, stored, compared, looks } = verdict;
  const bad = {
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    wrong: verdict.wrong,
    'open accounts': verdict.openAccounts,
    'given up': verdict.gaveUp,
  };
  const counts = Object.entries(bad).map(([how, keys]) => `${keys.length} ${how}`);
  console.log(
    `${broker}: ${faults} faults in ${seconds.toFixed(0)} s: ${accepted} readings accepted, ${stored} stored, ` +
      `${compared} values compared in sinks and tiers, accounts looked at ${looks} times: ${counts.join(', ')}`,
  );
  for (const [fault, count] of Object.entries(done).sort()) console.log(`  ${count} × ${fault}`);
  for (const [how, keys] of Object.entries(bad))
    for (const key of keys.slice(0, 20)) console.log(`  ${how}: ${key}`);
  if (Object.values(bad).some((keys) => keys.length > 0)) process.exitCode = 1;
}
