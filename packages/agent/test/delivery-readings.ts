// Readings to deliver.

import type { Reading } from '@wattline/protocols';

export const reading = (sequence: number, stream = 'aaaa'): Reading => ({
  timeMs: Date.UTC(2026, 5, 1) + sequence * 1000,
  clock: 'synced',
  boot: 'bbbb',
  uptimeMs: sequence * 1000,
  agent: 'barn',
  stream,
  sequence,
  definition: 'victron-ble',
  kind: 'solar_charger',
  intervalSeconds: 1,
  values: { pv_power: sequence },
});
