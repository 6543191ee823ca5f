// The simulated slcan adapter, told by the agent's own commands.

import { slcanClosing, slcanOpening } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { createSlcanAdapter } from '../src/devices/slcan-adapter.ts';

const answers = (adapter: ReturnType<typeof createSlcanAdapter>, text: string): string =>
  Buffer.concat(adapter.receive(Buffer.from(text))).toString();

test('hears the bus while it is open for listening at its bit rate, until it is closed', () => {
  const adapter = createSlcanAdapter();
  expect(adapter.isListening()).toBe(false);
  for (const command of slcanOpening(500_000, true))
    for (const byte of command) adapter.receive(Uint8Array.of(byte));
  expect(adapter.isListening()).toBe(true);
  adapter.receive(slcanClosing);
  expect(adapter.isListening()).toBe(false);
  for (const command of slcanOpening(250_000, true)) adapter.receive(command);
  expect(adapter.isListening()).toBe(false);
  expect(adapter.strange).toEqual([]);
});

test('refuses and keeps what would have a voice on the bus, and a bit rate while it is open', () => {
  const adapter = createSlcanAdapter();
  expect(answers(adapter, 'L\r')).toBe('\x07');
  expect(answers(adapter, 'S6\rL\rS5\r')).toBe('\r\r\x07');
  expect(answers(adapter, 't30580000000000000000\rO\r')).toBe('\x07\x07');
  expect(adapter.strange).toEqual(['L', 'S5', 't30580000000000000000', 'O']);
});
