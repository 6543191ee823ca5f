// What is said on a CAN bus to a battery without an inverter: only on demand, one frame, and not beside an inverter.

import { canKeepAlive, formatSlcan, formatUsbCanA } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { adapterProtocols, canSerialReceiver } from '../src/transports/can-serial.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { now } from './bluetooth-rigs.ts';

const everyMs = 5;
const said = {
  'usb-can-a': 'aac80503000000000000000055',
  slcan: '7433303538303030303030303030303030303030300d',
};
const formats = { 'usb-can-a': formatUsbCanA, slcan: formatSlcan };
const adapters = ['usb-can-a', 'slcan'] as const;

function openBus(
  adapter: (typeof adapters)[number],
  voice: { readonly isListenOnly: boolean; readonly keepsAlive: boolean },
) {
  const protocol = adapterProtocols[adapter]({ bitRate: 500_000, ...voice });
  const chunks = createChunkBuffer();
  const written: string[] = [];
  const stop = new AbortController();
  const receiver = canSerialReceiver({
    ...{ protocol, now, settleMs: 0, keepAliveEveryMs: everyMs },
    connect: async () => ({
      read: chunks.read,
      write: async (bytes) => void written.push(Buffer.from(bytes).toString('hex')),
      close: async () => {},
    }),
  });
  const heard: number[] = [];
  const hearing = (async () => {
    for await (const { source } of receiver.packets(stop.signal)) heard.push(source);
  })();
  const beginning = protocol.opening.map((command) => Buffer.from(command).toString('hex'));
  return {
    heard,
    hear: (id: number) => chunks.push(formats[adapter]({ id, data: new Uint8Array(8) })),
    /** Behind the settings of the adapter. */
    sent: () => written.slice(beginning.length).filter((bytes) => !/^430d$/.test(bytes)),
    async close() {
      stop.abort();
      await hearing;
    },
  };
}

test.each(adapters)('%s: 0x305 with eight zeros again and again, where it is wanted', async (adapter) => {
  const bus = openBus(adapter, { isListenOnly: false, keepsAlive: true });
  await expect.poll(() => bus.sent().length).toBeGreaterThan(2);
  await bus.close();
  const sent = bus.sent();
  expect(new Set(sent)).toEqual(new Set([said[adapter]]));
  expect(Buffer.from(formats[adapter](canKeepAlive)).toString('hex')).toBe(said[adapter]);
});

test.each(adapters)('%s: not a word where nothing is said, nor where it only listens', async (adapter) => {
  for (const voice of [
    { isListenOnly: false, keepsAlive: false },
    { isListenOnly: true, keepsAlive: true },
  ]) {
    const bus = openBus(adapter, voice);
    bus.hear(0x351);
    await expect.poll(() => bus.heard).toEqual([0x351]);
    await bus.close();
    expect(bus.sent()).toEqual([]);
  }
});

test.each([0x301, 0x305, 0x306, 0x307])('never again once an inverter is heard: %i', async (id) => {
  const bus = openBus('usb-can-a', { isListenOnly: false, keepsAlive: true });
  await expect.poll(() => bus.sent().length).toBeGreaterThan(0);
  bus.hear(id);
  await expect.poll(() => bus.heard).toEqual([id]);
  const before = bus.sent().length;
  // As long as several would have been said.
  for (let frames = 0; frames < 4; frames++) {
    bus.hear(0x351);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await bus.close();
  expect(bus.sent()).toHaveLength(before);
});
