import { expect, test } from 'vitest';
import { victronBle } from '../src/devices/victron-ble/index.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

test('a captured solar charger is decoded', () => {
  const packet = { source: 0x02e1, payload: hex('100242a0016207adceb37b605d7e0ee21b24df5c') };
  expect(victronBle.hear?.decode(packet, hex('adeccb947395801a4dd45a2eaa44bf17'))).toEqual({
    record: '0x01',
    kind: 'solar_charger',
    values: {
      charge_state: 'absorption',
      device_error: 'none',
      battery_voltage: 13.88,
      battery_current: 1.4,
      battery_power: 19.432,
      pv_energy_today: 30,
      pv_power: 19,
      load_current: 0,
    },
  });
});
