// 10,000 polls of every family, over a virtual radio, cables and USB in accelerated time, what broadcasts or talks by itself on a
// cable or a bus beside them, with faults of the devices, of the adapters and of the process that holds the radio. SOAK_SEED repeats a run.

import { definitions } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { answerFaults, kinds } from './soak-devices.ts';
import { radioFaults } from './soak-faults.ts';
import { soak } from './soak-run.ts';

const polls = 10_000;
/** Of any one device, of which some fail. */
const readingsLeast = 500;
/** One reading takes 1800; the first thousands of polls still warm up. */
const growthMax = 400;

const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 2 ** 32);

/** Bytes a poll, from the first quarter to the end. */
function growthOf({ heaps: [quarter, end] }: Pick<Awaited<ReturnType<typeof soak>>, 'heaps'>): number {
  if (quarter === undefined || end === undefined) throw new Error('the soak ended before its first quarter');
  return (end.bytes - quarter.bytes) / (end.polls - quarter.polls);
}

test('no family of the catalogue is left out', () => {
  const views = Object.values(kinds).flatMap((kind) => [kind, ...Object.values(kind.besides ?? {})]);
  expect(new Set(views.map(({ definition }) => definition))).toEqual(
    new Set(definitions.map(({ id }) => id)),
  );
});

test('what grows by as little as one reading a poll is seen', async () => {
  const kept: unknown[] = [];
  const result = await soak({ seed, polls: polls / 5, took: (reading) => kept.push(reading) });
  expect(kept.length).toBeGreaterThan(polls / 5);
  expect(growthOf(result)).toBeGreaterThan(growthMax);
}, 60_000);

test('every value is of its poll, none comes after its link has died, each device comes back, and nothing grows', async () => {
  console.error(`soak: SOAK_SEED=${seed}`);
  const resources = process.getActiveResourcesInfo().length;
  const result = await soak({ seed, polls });
  console.error(
    `soak: ${result.asked} polls in ${result.hours.toFixed(1)} h, ${[...result.befell].map(([fault, times]) => `${times} × ${fault}`).join(', ')}; ${Math.round(growthOf(result))} bytes a poll`,
  );
  expect(result.problems).toEqual([]);
  expect(result.asked).toBeGreaterThanOrEqual(polls);
  expect([...result.readings].filter(([, readings]) => readings < readingsLeast)).toEqual([]);
  expect(new Set(result.befell.keys())).toEqual(new Set([...answerFaults, ...radioFaults]));
  expect([...result.troubles.keys()].filter((key) => key.endsWith(' key'))).toEqual([]);
  expect(result.strange).toEqual([]);
  expect(growthOf(result)).toBeLessThan(growthMax);
  expect(result.left).toEqual({ timers: 0, listeners: 0 });
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(resources);
}, 180_000);
