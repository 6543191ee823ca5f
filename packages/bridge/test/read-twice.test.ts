// One device read in VE.Direct text and HEX: two devices, one flow of watts.

import { describe, expect, test } from 'vitest';
import { createAgents } from '../src/live/agents.ts';
import { createDevices } from '../src/live/devices.ts';
import { energyOf } from '../src/live/energy.ts';
import { wattsOf } from '../src/live/site.ts';
import type { StoredReading } from '../src/message.ts';
import { readingOf } from './in-memory-log.ts';

const now = 1_000_000;

interface Said {
  readonly name: string;
  readonly definition: 'vedirect-text' | 'vedirect-hex';
  readonly values: StoredReading['values'];
  readonly agent?: string;
  readonly kind?: StoredReading['kind'];
  readonly ageMs?: number;
}

const views = (...all: readonly Said[]) => {
  const devices = createDevices(createAgents());
  for (const { name, definition, values, agent = 'barn', kind = 'solar_charger', ageMs = 1000 } of all) {
    const topic = `victron/${kind}/${name}`;
    const series = { topic, agent };
    devices.accept({ ...readingOf(topic, now - ageMs, values, { kind, definition }), series });
  }
  return devices.views(now);
};

const product = { product_code: '0xA053' };
const shed = { ...product, serial_number: 'HQ2132SHED1' };
const text: Said = { name: 'shed', definition: 'vedirect-text', values: { ...shed, pv_power: 80 } };
const hex: Said = { name: 'shed-more', definition: 'vedirect-hex', values: { ...shed, pv_power: 80.21 } };

const sunOf = (...all: readonly Said[]) => wattsOf(views(...all))[0];

describe('watts', () => {
  test('count by the text alone, in whatever order the two are met', () => {
    for (const both of [
      [text, hex],
      [hex, text],
    ]) {
      const sun = sunOf(...both);
      expect(sun?.value).toBe(80);
      expect(sun?.devices).toHaveLength(1);
    }
  });
  test('count by HEX where nothing else is read', () => {
    expect(sunOf(hex)?.value).toBe(80.21);
  });
  test('do not come from HEX when the text falls silent', () => {
    expect(sunOf({ ...text, ageMs: 600_000 }, hex)?.value).toBeNull();
  });
  test.each([
    { what: 'of another serial number', other: { ...hex, values: { ...hex.values, serial_number: 'HQ9' } } },
    { what: 'of another product', other: { ...hex, values: { ...hex.values, product_code: '0xA04C' } } },
    { what: 'that names no product', other: { ...hex, values: { pv_power: 80.21 } } },
    { what: 'of another agent', other: { ...hex, agent: 'cabin' } },
  ])('of a device $what count too', ({ other }) => {
    expect(sunOf(text, other)?.value).toBe(160.21);
  });
  test('of a battery monitor, whose text tells no serial number, count once', () => {
    const monitor = { product_code: '0xA381', battery_capacity_consumed: 4 };
    const watts = wattsOf(
      views(
        { ...text, kind: 'battery', values: { ...monitor, battery_power: 25 } },
        { ...hex, kind: 'battery', values: { ...monitor, battery_power: 26, serial_number: 'HQ2' } },
      ),
    );
    expect(watts.find(({ node }) => node === 'battery')?.value).toBe(-25);
  });
  test('of one text excuse one HEX: a second is a device of its own', () => {
    const unnumbered = { ...product, pv_power: 80 };
    const second = { ...hex, name: 'other-more' };
    expect(sunOf({ ...text, values: unnumbered }, hex, second)?.value).toBe(160.21);
  });
});

test('the energy of the day counts by the text alone', async () => {
  const days = { start: () => 0, date: () => '2024-06-01', range: () => undefined };
  const both = views(
    { ...text, values: { ...shed, pv_energy_today: 640 } },
    { ...hex, values: { ...shed, pv_energy_today: 640 } },
  );
  expect((await energyOf(both, days, async () => 640, now)).today).toBe(640);
});
