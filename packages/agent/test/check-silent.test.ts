// A check of an inverter that does not answer, in virtual time: its likely causes, the likeliest first, within ten seconds.

import { exitCodes } from '@wattline/program';
import { familyOf } from '@wattline/protocols';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connect } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { checkFor, deadlineMs } from './check-rig.ts';
import { useVirtualTimers } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const silent: Connect = async () => {
  const { read, fail } = createChunkBuffer();
  return { read, write: async () => {}, close: async () => fail(new Error('closed')) };
};

test.each([
  ['voltronic-pi30', '/dev/ttyUSB0', 'voltronic-pi18', true],
  ['voltronic-pi18', '/dev/ttyUSB0', 'voltronic-pi30', true],
  ['voltronic-pi30', '/dev/hidraw0', 'voltronic-pi18', false],
])('%s at %s that is silent', async (id, port, other, isSerial) => {
  const definition = familyOf(id);
  const devices = [{ name: 'hut', definition, port, intervalMs: 10_000 }];
  const media = { serial: () => silent, hid: () => silent };
  const { code, endedMs, lines } = await checkFor(2 * deadlineMs, devices, media);
  expect(code).toBe(exitCodes.noneRead);
  expect(endedMs).toBeLessThanOrEqual(deadlineMs + 100);
  const line = isSerial ? ', and its line at 2400 baud' : '';
  expect(lines.at(-1)).toBe(
    `FAULT hut: ${definition.name} at ${port}: no answer came; is it on and awake? is this its port, the cable at the right socket${line}? does it speak another protocol ("definition: ${other}")? does another program ask it as well?`,
  );
});
