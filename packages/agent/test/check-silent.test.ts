// A check of an inverter that does not answer, in virtual time: its likely causes, the likeliest first, within ten seconds.

import { PassThrough } from 'node:stream';
import { createTerminal, exitCodes } from '@wattline/program';
import { definitions } from '@wattline/protocols';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { check } from '../src/commands/check.ts';
import type { Publisher } from '../src/publisher/publisher.ts';
import { startTimer } from '../src/reading/pacer.ts';
import type { Connect } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { passMs, useVirtualTimers, virtualNow } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const deadlineMs = 10_000;
const publisher: Publisher = {
  publish: () => Promise.reject(new Error('a check publishes nothing')),
  onConnect: (listener) => listener(1),
  onDown: () => {},
  subscribe: () => {},
  status: () => ({ connected: true, version: '5', refusals: 0 }),
  close: async () => {},
};
const nobody = () => {
  throw new Error('nobody asked for this');
};
const silent: Connect = async () => {
  const { read, fail } = createChunkBuffer();
  return { read, write: async () => {}, close: async () => fail(new Error('closed')) };
};

test.each([
  ['voltronic-pi30', '/dev/ttyUSB0', 'voltronic-pi18', true],
  ['voltronic-pi18', '/dev/ttyUSB0', 'voltronic-pi30', true],
  ['voltronic-pi30', '/dev/hidraw0', 'voltronic-pi18', false],
])('%s at %s that is silent', async (id, port, other, isSerial) => {
  const definition = definitions.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`the catalogue lacks ${id}`);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let atMs = Number.POSITIVE_INFINITY;
  const checking = check({
    ...{ publisher, broker: '127.0.0.1:1883', deadlineMs, json: false },
    devices: [{ name: 'hut', definition, port, intervalMs: 10_000 }],
    terminal: createTerminal({ stdout, stderr, environment: {} }),
    media: {
      ...{ serial: () => silent, hid: () => silent },
      ...{ radio: nobody, gatt: nobody, bus: nobody, replayedPackets: nobody, replayedLink: nobody },
    },
    ...{ now: virtualNow, startTimer, signal: new AbortController().signal },
  }).then((code) => {
    atMs = performance.now();
    return code;
  });
  await passMs(2 * deadlineMs);
  expect(await checking).toBe(exitCodes.noneRead);
  expect(atMs).toBeLessThanOrEqual(deadlineMs + 100);
  const verdict = String(stdout.read()).trimEnd().split('\n').at(-1);
  const line = isSerial ? ', and its line at 2400 baud' : '';
  expect(verdict).toBe(
    `FAULT hut: ${definition.name} at ${port}: no answer came; is it on and awake? is this its port, the cable at the right socket${line}? does it speak another protocol ("definition: ${other}")? does another program ask it as well?`,
  );
});
