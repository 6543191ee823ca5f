import { describe, expect, test } from 'vitest';
import { openLedger, refusalsMax, sinkSchema } from '../src/sinks/ledger.ts';
import { scratchStore } from './scratch-store.ts';

describe('the ledger', () => {
  test('keeps the newest refusals of each feed, up to a bound', () => {
    const store = scratchStore(sinkSchema);
    const ledger = openLedger(store, 'x', 'readings');
    const other = openLedger(store, 'x', 'windows');
    const refusal = (position: number) => ({ position, timeMs: 0, point: 'p'.repeat(5_000), reason: 'r' });
    const progress = { position: 1, delivered: 0, refused: 0, expired: 0 };
    other.advance(progress, [refusal(1)]);
    ledger.advance(
      progress,
      Array.from({ length: refusalsMax + 5 }, (_, n) => refusal(n)),
    );
    const kept = ledger.refusals(refusalsMax + 100);
    expect(kept).toHaveLength(refusalsMax);
    expect(kept[0]?.position).toBe(refusalsMax + 4);
    expect(kept[0]?.point).toHaveLength(2_000);
    expect(other.refusals(10)).toHaveLength(1);
  });
});
