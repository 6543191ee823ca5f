// Serial drivers that hang: in opening, in taking bytes, in closing. Nobody waits for them, neither the agent's end nor
// another port; in virtual time, with serialport's own stream.

import { familyOf } from '@wattline/protocols';
import { SerialPortMock } from 'serialport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ReadDevice } from '../src/reading/device.ts';
import { adapterProtocols, canSerialReceiver } from '../src/transports/can-serial.ts';
import { serialLink } from '../src/transports/serial-link.ts';
import { busSettings } from './can-rigs.ts';
import { intervalMs, passMs, startReading, useVirtualTimers, virtualNow } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => {
  vi.useRealTimers();
  SerialPortMock.binding.reset();
});

class HungInClosing extends SerialPortMock {
  override close(): void {}
}
class HungInAll extends HungInClosing {
  override write(): boolean {
    return true;
  }
}
class HungInOpening extends SerialPortMock {
  override open(): void {}
}

const serialOf = (Port: typeof SerialPortMock, said: string[] = []) => {
  SerialPortMock.binding.createPort('/dev/ttyHung');
  return (path: string, baudRate: number) =>
    serialLink(
      { path, baudRate },
      (problem) => void said.push(problem),
      async () => Port,
    );
};

function family(id: string, name: string): ReadDevice {
  return { name, definition: familyOf(id), port: '/dev/ttyHung', intervalMs };
}

const leftAlone = expect.stringMatching(/^\/dev\/ttyHung: its driver hangs in closing .*unplug its cable/);

test('a port that is listened to and hangs in closing is left alone, which is said, and tried again', async () => {
  const said: string[] = [];
  const reading = startReading([family('vedirect-text', 'shed')], { serial: serialOf(HungInClosing, said) });
  // Silent for 10 s it is opened anew; what hangs still has it then.
  await passMs(40_000);
  expect(reading.troubles.some((trouble) => trouble.includes('Port is locked'))).toBe(true);
  await reading.stop();
  expect(said).toEqual([leftAlone]);
});

test('an agent ends while a port that is asked hangs in closing', async () => {
  const said: string[] = [];
  const reading = startReading([family('jbd', 'bank')], { serial: serialOf(HungInClosing, said) });
  await passMs(100);
  await reading.stop();
  expect(said).toEqual([leftAlone]);
});

test.each([
  ['takes no command', HungInAll],
  ['hangs in closing', HungInClosing],
])('a CAN adapter that %s keeps no agent from ending', async (_, Port) => {
  const said: string[] = [];
  const connect = serialOf(Port, said)('/dev/ttyHung', 115_200);
  const protocol = adapterProtocols.slcan(busSettings);
  const receiver = canSerialReceiver({ connect, protocol, now: virtualNow, settleMs: 0 });
  const device = { ...family('can-pylontech', 'stack'), bus: { adapter: 'slcan', ...busSettings } } as const;
  const reading = startReading([device], { bus: () => receiver });
  await passMs(100);
  await reading.stop();
  expect(said).toEqual([leftAlone]);
});

test('a CAN adapter that takes no command is told', async () => {
  const connect = serialOf(HungInAll)('/dev/ttyHung', 115_200);
  const protocol = adapterProtocols.slcan(busSettings);
  const receiver = canSerialReceiver({ connect, protocol, now: virtualNow, settleMs: 0 });
  const device = { ...family('can-pylontech', 'stack'), bus: { adapter: 'slcan', ...busSettings } } as const;
  const reading = startReading([device], { bus: () => receiver });
  await passMs(10_000);
  expect(reading.troubles).toContainEqual(expect.stringContaining('takes no command within 2 s: unplug it'));
  await reading.stop();
});

test('a port that hangs in opening is told, and keeps no agent from ending', async () => {
  const reading = startReading([family('vedirect-text', 'shed')], { serial: serialOf(HungInOpening) });
  await passMs(15_000);
  expect(reading.troubles).toContainEqual(
    expect.stringContaining('/dev/ttyHung does not open within 10 s, its driver hangs'),
  );
  await reading.stop();
});
