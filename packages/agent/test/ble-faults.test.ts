// Faults of a battery that is asked over Bluetooth, on the virtual radio with noble's code; the agent's own waits pass ten
// times as fast.

import { expect, onTestFinished, test } from 'vitest';
import { createJbdBoard, createJbdModule, type JbdState } from '../../simulator/src/devices/jbd.ts';
import { type AnswerFault, createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { ask } from '../src/reading/ask.ts';
import { connectOf } from '../src/reading/connect.ts';
import type { Trouble } from '../src/reading/device.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import { onAir, password } from './asked-battery.ts';
import { controllerOn } from './bluetooth-rigs.ts';

const speed = 10;
const now = () => ({ wallMs: Date.now(), uptimeMs: performance.now() * speed });
const basic = 'dda50300fffd77';
/** Of register 03 with one sensor. */
const answerBytes = 32;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function bank() {
  const air = createVirtualRadio({ supervisionMs: 50, connectMs: 1 });
  let state: JbdState = {
    ...{ voltage: 13, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  };
  let fault: AnswerFault = () => undefined;
  const { address = '' } = onAir;
  const board = createJbdBoard(() => state);
  const module = createJbdModule(board, { address, password, random: () => 0x37 });
  const peripheral = createJbdPeripheral(module, { address, intervalMs: 10 }, (...given) => fault(...given));
  air.add(peripheral);
  // Where nobody at all is heard, the radio is at fault.
  air.add(createPeripheral({ address: 'C0:00:00:00:00:09', intervalMs: 10, connectable: false }));
  let unplug = (): void => {};
  const radio = createBluetoothRadio({
    adapter: () => ({
      candidates: [
        async () => {
          const on = controllerOn(air);
          unplug = on.unplug;
          return on.controller;
        },
      ],
    }),
    ...{ now, heardMs: 200 },
  });
  const stop = new AbortController();
  const voltages: unknown[] = [];
  const troubles: Trouble[] = [];
  const nobody = () => {
    throw new Error('not asked for');
  };
  const running = ask({
    device: { ...onAir, intervalMs: 500 },
    connect: connectOf(onAir, { gatt: radio.connect, serial: nobody, hid: nobody }),
    ...{ now, signal: stop.signal },
    startTimer(delayMs, fire) {
      const timer = setTimeout(fire, delayMs / speed);
      return () => clearTimeout(timer);
    },
    reading: (_, { decoded }) => voltages.push(decoded.values['battery_voltage']),
    trouble: (_, trouble) => troubles.push(trouble),
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
    air.close();
    expect(board.strange).toEqual([]);
  });
  return {
    ...{ peripheral, voltages, troubles, unplug: () => unplug() },
    breakBy(next: AnswerFault) {
      fault = next;
    },
    set(voltage: number) {
      state = { ...state, voltage };
    },
    untilRead: (voltage: number) =>
      expect.poll(() => voltages.at(-1), { timeout: 15_000, interval: 10 }).toBe(voltage),
    untilTrouble: (fits: RegExp) =>
      expect.poll(() => troubles.map(({ message }) => message).join('\n'), { timeout: 15_000 }).toMatch(fits),
  };
}

test('an answer cut at any byte is asked for again, and no half of it is taken', async () => {
  const { breakBy, voltages, untilRead } = bank();
  await untilRead(13);
  let cut = 0;
  let isCut = false;
  breakBy((request, [answer = Uint8Array.of()]) => {
    if (hexOf(request) !== basic || cut >= answerBytes) return undefined;
    isCut = !isCut;
    return isCut ? [answer.subarray(0, cut++)] : undefined;
  });
  await expect.poll(() => cut, { timeout: 18_000 }).toBe(answerBytes);
  const read = voltages.length;
  await expect.poll(() => voltages.length, { timeout: 5000 }).toBeGreaterThan(read + 1);
  expect(new Set(voltages)).toEqual(new Set([13]));
}, 30_000);

test('the answer to the question before is not taken for that to the next', async () => {
  const { breakBy, voltages, untilRead, set } = bank();
  let late: readonly Uint8Array[] = [];
  breakBy((_, answers) => {
    const both = [...late, ...answers];
    late = answers;
    return both;
  });
  await untilRead(13);
  set(12.5);
  await untilRead(12.5);
  const since = voltages.indexOf(12.5);
  await expect.poll(() => voltages.length - since, { timeout: 10_000 }).toBeGreaterThan(3);
  expect(voltages.slice(since).filter((voltage) => voltage !== 12.5)).toEqual([]);
}, 30_000);

test('a link that is hung up at any step of the login is made anew', async () => {
  const { breakBy, peripheral, set, untilRead } = bank();
  await untilRead(13);
  for (let step = 0; step < 6; step++) {
    let asked = 0;
    breakBy(() => {
      if (asked++ !== step) return undefined;
      peripheral.hangUp();
      return [];
    });
    peripheral.hangUp();
    set(12 + step / 10);
    await untilRead(12 + step / 10);
    expect(asked, `hung up at ${step}`).toBeGreaterThan(step);
  }
}, 60_000);

test('silence and a device out of reach cost their time only, and nothing old is said for it', async () => {
  const { peripheral, voltages, set, untilRead, untilTrouble } = bank();
  await untilRead(13);
  peripheral.silent = true;
  await untilTrouble(/no answer within 1 s 3 times|does not answer/);
  set(12.9);
  peripheral.silent = false;
  await untilRead(12.9);

  peripheral.vanish();
  await untilTrouble(/was not heard within 0.2 s: out of reach, held by a phone app, or off/);
  const before = voltages.length;
  set(12.8);
  peripheral.reappear();
  await untilRead(12.8);
  expect(voltages.slice(before).filter((voltage) => voltage !== 12.8)).toEqual([]);
}, 60_000);

test('an adapter that is unplugged breaks the link at once, and is used again when it is back', async () => {
  const { unplug, set, untilRead, untilTrouble } = bank();
  await untilRead(13);
  unplug();
  await untilTrouble(/the adapter virtual is gone/);
  set(12.7);
  await untilRead(12.7);
}, 30_000);
