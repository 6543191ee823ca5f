// More slow devices on one adapter than have their turn within an interval: who is most overdue is next, and nobody starves.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seededRandom } from '../../simulator/src/powercut/cut.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { listenPerRest } from '../src/transports/scanning.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { controllerOn, silentLog } from './bluetooth-rigs.ts';
import { asked } from './healing-devices.ts';
import { passMs, processOn, startReading, useVirtualTimers, virtualNow } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const createConnectionCommand = 0x200d;
/** Up to the advertisement by which the connection comes about, half a second later. */
const slowMs = 4400;
const sumMs = 12 * 5000 + 8 * 600;

/** An adapter whose connections to these addresses take long. */
function slowAdapter(slow: readonly string[]) {
  const air = createVirtualRadio({ connectMs: 1, random: seededRandom(9) });
  const open = async () => {
    const { controller } = controllerOn(air);
    return {
      ...controller,
      write(packet: Buffer) {
        const isConnecting = packet[0] === 1 && packet.readUInt16LE(1) === createConnectionCommand;
        const address = [...packet.subarray(10, 16)]
          .reverse()
          .map((byte) => byte.toString(16).padStart(2, '0'));
        if (isConnecting && slow.includes(address.join(':').toUpperCase()))
          setTimeout(() => controller.write(packet), slowMs);
        else controller.write(packet);
      },
    };
  };
  return { air, adapter: () => ({ candidates: [open] }) };
}

test('of twenty devices of which twelve take 5 s each, every one is read once in the sum of their times', async () => {
  const members = Array.from({ length: 20 }, (_, index) => asked(index + 1));
  const slow = members.slice(0, 12).map(({ device }) => device.address ?? '');
  const { air, adapter } = slowAdapter(slow);
  for (const { peripheral } of members) {
    air.add(peripheral);
    await passMs(37);
  }
  const radio = createWatchedRadio({
    ...{ file: '', now: virtualNow, log: silentLog, runProcess: processOn(adapter, () => {}) },
  });
  const devices = members.map(({ device }) => ({ ...device, keepsConnected: false }));
  const reading = startReading(devices, { gatt: radio.connect });
  await passMs(600_000);
  const longestMs = devices.map(({ name }) => {
    const times = [0, ...reading.measuredMs(name), performance.now()];
    return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  });
  await reading.stop();
  air.close();
  // Nobody is given up for want of a turn.
  expect(reading.troubles).toEqual([]);
  expect(Math.max(...longestMs)).toBeLessThan(sumMs * (1 + listenPerRest));
});
