// When the loop over a device asks and when it rests, in virtual time.

import type { DeviceDefinition, Exchange, Session } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { ask } from '../src/reading/ask.ts';
import { TransportError, type Turn } from '../src/transport.ts';
import { battery, jbd, onAir, onCable } from './asked-battery.ts';
import { virtualTime } from './virtual-time.ts';

describe('polls', () => {
  test('pause while the device is released: the link is let go at once, and nobody is asked meanwhile', async () => {
    let untilMs: number | undefined;
    let tell = (): void => {};
    const release = {
      untilMs: () => untilMs,
      onChange(listener: () => void) {
        tell = listener;
      },
    };
    const bank = battery(onAir, { release });
    await bank.time.passTo(15_000);
    expect(bank.closed()).toBe(0);
    untilMs = 60_000;
    tell();
    await bank.time.passTo(60_000);
    expect(bank.closed()).toBe(1);
    expect(bank.readings).toHaveLength(2);
    untilMs = undefined;
    tell();
    await bank.time.passTo(65_000);
    expect(bank.readings).toHaveLength(3);
    expect(bank.troubles).toEqual([]);
    await bank.stop();

    // A cable serves nobody else.
    untilMs = 60_000;
    const cable = battery(onCable, { release });
    await cable.time.passTo(0);
    expect(cable.readings).toHaveLength(1);
    await cable.stop();
  });

  test('come less often while it is night', async () => {
    let isNight = false;
    const bank = battery({ ...onCable, nightIntervalMs: 60_000 }, { isNight: () => isNight });
    await bank.time.passTo(15_000);
    isNight = true;
    await bank.time.passTo(150_000);
    isNight = false;
    await bank.time.passTo(220_000);
    expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual(
      [0, 10, 20, 80, 140, 200, 210, 220].map((seconds) => seconds * 1000),
    );
    await bank.stop();
  });
});

test('a recording is polled as fast as it answers: what fails is said, its end is none', async () => {
  const bank = battery(onCable, { once: true });
  let asked = 0;
  bank.breakBy((request) => {
    if (Buffer.from(request).toString('hex') !== 'dda50300fffd77') return undefined;
    asked++;
    if (asked === 6) bank.hangUp();
    // The second poll gets no answer to any of its tries.
    return asked === 1 || asked === 5 ? undefined : [];
  });
  await bank.time.passTo(3000);
  await bank.running;
  expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual([0, 3000]);
  expect(bank.troubles).toMatchObject([{ code: 'silent', atMs: 3000 }]);
  expect(bank.connectedMs).toEqual([0]);
});

test('a poll that comes to no end is given up after a minute', async () => {
  const [[name, record] = []] = Object.entries(jbd.records);
  const exchange = record?.asked as Exchange;
  const endless = {
    ...{ ...record, requests: [{ form: 'dda50300fffd77', does: 'reads register 03' }] },
    *asked(): Session<Uint8Array> {
      for (;;) yield exchange;
    },
  };
  const definition = { ...jbd, records: { [name ?? '']: endless } } as DeviceDefinition;
  const bank = battery({ ...onCable, definition });
  bank.breakBy((_, answers) => {
    bank.time.startTimer(900, () => answers.forEach(bank.say));
    return [];
  });
  await bank.time.passTo(60_000);
  expect(bank.troubles).toEqual([
    { code: 'silent', atMs: 60_000, message: expect.stringContaining('the poll took longer than 60 s') },
  ]);
  expect(bank.closed()).toBe(1);
  await bank.stop();
});

describe('a turn to be connected', () => {
  /** The first attempt ends after so long, told whether its turn had come; the next one is asked for in vain. */
  async function attempts(hasTurn: boolean, afterMs: number) {
    const time = virtualTime();
    const stop = new AbortController();
    const turns: { readonly dueMs: number; readonly atMs: number }[] = [];
    const troubles: string[] = [];
    const asking = ask({
      ...{ device: onAir, now: time.now, startTimer: time.startTimer, signal: stop.signal },
      reading: () => {},
      trouble: (_, { message }) => void troubles.push(message),
      async connect(signal, { dueMs, waits } = { dueMs: -1 } as Turn) {
        turns.push({ dueMs, atMs: time.nowMs() });
        waits?.(true);
        const aborted = new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
        await Promise.race([new Promise<void>((resolve) => time.startTimer(afterMs, resolve)), aborted]);
        if (hasTurn) {
          waits?.(false);
          await aborted;
        }
        throw new TransportError('lost', 'no luck');
      },
    });
    await time.passTo(afterMs + 40_000);
    stop.abort();
    await time.passTo(afterMs + 50_000);
    await asking;
    return { turns: turns.slice(0, 2), troubles };
  }

  test('is waited for as long as others take; only from then on does its own time count', async () => {
    const { turns, troubles } = await attempts(true, 100_000);
    expect(troubles).toEqual(['bank: no connection within 30 s']);
    expect(turns[1]).toEqual({ dueMs: 131_000, atMs: 131_000 });
  });

  test('that did not come is due since when it was', async () => {
    const { turns, troubles } = await attempts(false, 12_000);
    expect(troubles[0]).toBe('no luck');
    expect(turns).toEqual([
      { dueMs: 0, atMs: 0 },
      { dueMs: 0, atMs: 13_000 },
    ]);
  });
});
