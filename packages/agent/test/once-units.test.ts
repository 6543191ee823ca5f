// `once` with several units behind one link, in virtual time.

import { type DeviceDefinition, gauge, type RecordDefinition } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { once } from '../src/commands/once.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { noMedia } from './healing-rigs.ts';
import { virtualTime } from './virtual-time.ts';

const packs: RecordDefinition<Uint8Array> = {
  ...{ kind: 'battery', about: 'two packs' },
  requests: [{ form: '0.', does: 'asks for a pack' }],
  *askedOfParts() {
    const parts = [];
    for (const number of [1, 2]) {
      const take = (received: Uint8Array) => ({ used: received.length, answer: received });
      const payload = yield { request: Uint8Array.of(number), take };
      parts.push({ part: `pack_${number}`, payload });
    }
    return parts;
  },
  fields: { pack_voltage: gauge({ text: 'byte', read: (payload: Uint8Array) => payload[0] }, { unit: 'V' }) },
};
const definition: DeviceDefinition = {
  ...{ id: 'packs', name: 'packs', vendor: 'jbd', media: [{ medium: 'serial', baudRate: 9600 }] },
  ...{ records: { packs }, ask: { namesQuestion: true } },
};
const stack: ReadDevice = { name: 'stack', definition, port: '/dev/a', intervalMs: 1000 };

test('every unit is delivered, of one poll only, while another device is still waited for', async () => {
  const time = virtualTime();
  const delivered: string[] = [];
  const status = { connected: false, parked: [], readings: 0, lost: 0 };
  const running = once({
    ...{ devices: [stack, { ...stack, name: 'dead', port: '/dev/b' }], deadlineMs: 5000 },
    ...{ now: time.now, startTimer: time.startTimer, signal: new AbortController().signal },
    media: {
      ...noMedia,
      serial: (port) => async () => {
        const buffer = createChunkBuffer();
        return {
          read: buffer.read,
          async write([number = 0]) {
            if (port === '/dev/a') buffer.push(Uint8Array.of(50 + number));
          },
          close: async () => {},
        };
      },
    },
    reporter: {
      reading: (_, { decoded }) => delivered.push(`${decoded.part} ${decoded.values['pack_voltage']}`),
      ...{ trouble: () => {}, devices: () => [], settled: async () => {} },
    },
    delivery: {
      drain: async () => true,
      close: async () => {},
      status: () => status,
    },
    state: { announce: async () => true },
    log: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} },
  });
  await time.passTo(5000);
  expect(await running).toBe(3);
  expect(delivered).toEqual(['pack_1 51', 'pack_2 52']);
});
