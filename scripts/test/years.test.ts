// What ten years of one device take in the store, from forty days: of the fine tiers and of the log that is all there will
// ever be, of the coarse tiers it is in proportion.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { dayMs, everySeconds, presets } from '../../packages/bridge/src/tiers/tier.ts';
import { makeYears, usedBytes } from '../bench/ten-years.ts';

const yearsMs = 3_653 * dayMs;
const bytesMax = 30_000_000;

test('ten years of a device with 12 gauges at 27 s fit in 30 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-years-'));
  const days = 40;
  const { store } = makeYears(folder, days, Date.UTC(2026, 5, 1, 12));
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const select = store.database.prepare(
    'SELECT count(*) AS count, sum(length(row)) AS bytes FROM tier_window WHERE tier = ?',
  );
  // Key, revision and index of a window beside its row.
  const overheadBytes = 40;
  const further = presets.server.tiers.map(({ every, keepMs }) => {
    const { count, bytes } = select.get(everySeconds(every)) ?? {};
    const held = Number(count);
    expect(held).toBeGreaterThan(0);
    const windows = Math.min(keepMs ?? yearsMs, yearsMs) / (everySeconds(every) * 1_000);
    return Math.max(0, windows - held) * (Number(bytes) / held + overheadBytes);
  });
  expect(usedBytes(store) + further.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(bytesMax);
});
