// One sink at work: readings and windows on their own ways.

import { expect, onTestFinished, test } from 'vitest';
import { startDelivery } from '../src/sinks/delivery.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import { scratchStore } from './scratch-store.ts';
import { unchanged } from './sinks-past.ts';
import { feedOf, memorySink } from './sinks-rig.ts';

test('windows are written although text of readings is ready', async () => {
  const [readings, windows] = [feedOf(), feedOf(false)];
  readings.add(2);
  windows.add(3);
  const sink = memorySink();
  const texts: string[] = [];
  const ready = { upTo: 2, oldestMs: 1, text: Buffer.from('readings 1 and 2') };
  const delivery = startDelivery({
    name: 'influx',
    type: 'influxdb2',
    sink: {
      ...sink,
      text: { encode: () => '', write: async (_tier, text) => void texts.push(Buffer.from(text).toString()) },
      plan: async () => ({ makes: [], changes: [], leaves: [], missing: [] }),
      close: async () => undefined,
    },
    store: scratchStore(sinkSchema),
    readings: readings.feed,
    ready: {
      next: (after) => (after < 2 ? ready : undefined),
      newest: () => undefined,
      forget: () => undefined,
    },
    readingsHeldMs: 60_000,
    windows: windows.feed,
    past: unchanged,
    positions: () => ({ readings: 0, windows: 0 }),
    clock: () => 1_000,
    clockSynced: () => true,
    random: () => 0,
    sleep: () => Promise.resolve(),
    report: () => undefined,
  });
  onTestFinished(() => delivery.stop());
  await expect.poll(() => delivery.view().windows).toMatchObject({ delivered: 3, pending: 0 });
  expect([...sink.kept.keys()]).toEqual([1, 2, 3]);
  expect(texts).toEqual(['readings 1 and 2']);
});
