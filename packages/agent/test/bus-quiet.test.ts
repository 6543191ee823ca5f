// A bus by which nothing comes any more is opened anew, in virtual time.

import { familyOf } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { readDevices } from '../src/reading/read-devices.ts';
import { createPacketBuffer } from '../src/transports/packet-buffer.ts';
import { noMedia } from './healing-rigs.ts';
import { settle, virtualTime } from './virtual-time.ts';

test('a bus is opened anew when nothing comes for 15 s, and not while something comes', async () => {
  const time = virtualTime();
  const stop = new AbortController();
  let heard = createPacketBuffer(() => {});
  const openedMs: number[] = [];
  const running = readDevices({
    devices: [
      {
        ...{ name: 'stack', definition: familyOf('can-pylontech'), port: 'can0', intervalMs: 1000 },
        bus: { adapter: 'usb-can-a', bitRate: 500_000, isListenOnly: true, keepsAlive: false },
      },
    ],
    ...{ now: time.now, startTimer: time.startTimer, signal: stop.signal },
    media: {
      ...noMedia,
      bus: () => ({
        async *packets(signal) {
          openedMs.push(time.nowMs());
          heard = createPacketBuffer(() => {});
          yield* heard.drain(signal);
        },
      }),
    },
    reading: () => {},
    trouble: () => {},
  });
  for (let atMs = 0; atMs <= 60_000; atMs += 5000) {
    await time.passTo(atMs);
    heard.push({ source: 0x356, payload: new Uint8Array(6), address: '', rssi: 0, moment: time.now() });
    await settle();
  }
  expect(openedMs).toEqual([0]);
  await time.passTo(100_000);
  expect(openedMs[1]).toBeGreaterThanOrEqual(75_000);
  expect(openedMs[1]).toBeLessThanOrEqual(90_000);
  stop.abort();
  await running;
});
