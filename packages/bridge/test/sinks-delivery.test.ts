// One sink at work: readings and windows on their own ways.

import { describe, expect, onTestFinished, test } from 'vitest';
import { startDelivery } from '../src/sinks/delivery.ts';
import { openLedger, sinkSchema } from '../src/sinks/ledger.ts';
import { RefusedError, UnavailableError } from '../src/sinks/sink.ts';
import { scratchStore } from './scratch-store.ts';
import { unchanged } from './sinks-past.ts';
import { type DrainedParts, feedOf, memorySink, settled, startedDrain } from './sinks-rig.ts';

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

describe('text that is ready', () => {
  /** Two readings are ready as text; `write` is what the store makes of the text. */
  async function drained(
    write: (text: string) => void,
    more: Partial<DrainedParts> & { holds?: boolean } = {},
  ) {
    const { holds = true, ...parts } = more;
    const store = scratchStore(sinkSchema);
    const { feed, add } = feedOf();
    add(2);
    const texts: string[] = [];
    const sink = {
      ...memorySink(),
      holds: () => holds,
      text: {
        encode: () => '',
        write: async (_: unknown, bytes: Uint8Array) => {
          texts.push(Buffer.from(bytes).toString());
          write(texts.at(-1) ?? '');
        },
      },
    };
    const text = { upTo: 2, oldestMs: 1, text: Buffer.from('1 and 2') };
    const ready = {
      next: (after: number) => (after < 2 ? text : undefined),
      newest: () => undefined,
      forget: () => {},
    };
    const { drain, reports } = startedDrain(openLedger(store, 'x', 'readings'), {
      sink,
      feed,
      ready,
      ...parts,
    });
    await settled(drain);
    await drain.stop();
    return { texts, reports, view: drain.view(), points: [...sink.kept.keys()] };
  }
  const all = { delivered: 2, pending: 0, refused: 0, expired: 0 };

  test('is written instead of points, and again until the store has confirmed it', async () => {
    let tries = 0;
    const { texts, view, points, reports } = await drained(() => {
      if (++tries === 1) throw new UnavailableError('Away.');
    });
    expect({ texts, points }).toEqual({ texts: ['1 and 2', '1 and 2'], points: [] });
    expect({ view, said: reports[0] }).toEqual({ view: all, said: 'Sink x: Away. 2 wait.' });
  });
  test('that the store refuses is written point by point', async () => {
    const { view, points } = await drained(() => {
      throw new RefusedError('one of them');
    });
    expect({ view, points }).toEqual({ view: all, points: [1, 2] });
  });
  test('of a store that is far behind is followed by what came meanwhile, once', async () => {
    const textTo = (upTo: number, words: string) => ({ upTo, oldestMs: 1, text: Buffer.from(words) });
    const ready = {
      next: (after: number) =>
        after < 2 ? { ...textTo(after + 1, `again ${after + 1}`), isBehind: true as const } : undefined,
      newest: (after: number) => (after < 9 ? textTo(9, 'newest') : undefined),
      forget: () => {},
    };
    expect(await drained(() => {}, { ready })).toMatchObject({
      texts: ['again 1', 'newest', 'again 2'],
      view: all,
    });
  });
  test('with what the store would not hold is judged point by point, by a clock that is set', async () => {
    const judged = await drained(() => {}, { holds: false });
    expect(judged).toMatchObject({ texts: [], view: { delivered: 0, expired: 2 } });
    const unjudged = await drained(() => {}, { holds: false, clockSynced: () => false });
    expect(unjudged).toMatchObject({ texts: ['1 and 2'], view: all });
  });
});
