// The loop over one cable, in virtual time, with blocks as a battery monitor and a charger send them.

import { familyOf, formatBlock } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import type { ReadDevice, Trouble } from '../src/reading/device.ts';
import { type ListenOptions, listen } from '../src/reading/listen.ts';
import { type Connect, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { settle, virtualTime } from './virtual-time.ts';

const vedirect = familyOf('vedirect-text');
const port = '/dev/serial/by-id/usb-VictronEnergy_BV_VE_Direct_cable-if00-port0';
const shunt: ReadDevice = { name: 'shunt', definition: vedirect, port, intervalMs: 10_000 };

const main = (millivolts: number) =>
  formatBlock([
    ['PID', '0xA389'],
    ['V', String(millivolts)],
    ['I', '-1200'],
    ['SOC', '876'],
  ]);
const history = formatBlock([
  ['H1', '-55000'],
  ['H7', '11780'],
]);

/** A cable whose other end the test holds: plugged in or not, and what comes out of it. */
function cable(device: ReadDevice = shunt, more: Partial<ListenOptions> = {}) {
  const time = virtualTime();
  const stop = new AbortController();
  const readings: { values: object; heardMs: number; atMs: number }[] = [];
  const troubles: (Trouble & { atMs: number })[] = [];
  const attemptsMs: number[] = [];
  let open: ReturnType<typeof createChunkBuffer> | undefined;
  let isPluggedIn = true;
  let closed = 0;
  const connect: Connect = async () => {
    attemptsMs.push(time.nowMs());
    if (!isPluggedIn) throw new TransportError('absent', `there is no serial port ${port}`);
    const buffer = createChunkBuffer();
    open = buffer;
    const close = async () => {
      closed++;
    };
    return { read: buffer.read, write: async () => {}, close };
  };
  const running = listen({
    ...{ device, connect, now: time.now, startTimer: time.startTimer, signal: stop.signal },
    reading: (_, { decoded, moment }) =>
      readings.push({ values: decoded.values, heardMs: moment.uptimeMs, atMs: time.nowMs() }),
    trouble: (_, trouble) => troubles.push({ ...trouble, atMs: time.nowMs() }),
    ...more,
  });
  return {
    ...{ time, readings, troubles, attemptsMs, running },
    closed: () => closed,
    async send(atMs: number, ...chunks: readonly Uint8Array[]) {
      await time.passTo(atMs);
      for (const chunk of chunks) open?.push(chunk);
      await settle();
    },
    pull() {
      isPluggedIn = false;
      open?.fail(new TransportError('lost', `the serial port ${port} is gone: is its cable pulled?`));
    },
    plugIn() {
      isPluggedIn = true;
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

describe('readings from a cable', () => {
  test('the first one waits until a whole round of blocks was heard', async () => {
    const line = cable();
    await line.send(0, main(12_800));
    await line.send(500, history);
    expect(line.readings).toEqual([]);
    await line.send(1000, main(12_810));
    expect(line.readings).toEqual([
      {
        values: {
          ...{ product_code: '0xA389', battery_voltage: 12.81, battery_current: -1.2, state_of_charge: 87.6 },
          ...{ battery_discharge_deepest: 55, battery_voltage_min: 11.78, battery_power: -15.372 },
        },
        heardMs: 1000,
        atMs: 1000,
      },
    ]);
    await line.stop();
  });

  test('of each interval the newest goes out, however the medium cut the bytes', async () => {
    const line = cable();
    for (let second = 0; second <= 20; second++) {
      const block = main(12_800 + second);
      await line.send(second * 1000 + 300, block.subarray(0, 9), block.subarray(9));
    }
    await line.time.passTo(60_000);
    expect(line.readings.map(({ values, heardMs, atMs }) => [values, heardMs, atMs])).toMatchObject([
      [{ battery_voltage: 12.801 }, 1300, 1300],
      [{ battery_voltage: 12.81 }, 10_300, 11_300],
      [{ battery_voltage: 12.82 }, 20_300, 21_300],
    ]);
    await line.stop();
  });

  test('after a break nothing from before it goes out under a new time', async () => {
    const line = cable({ ...shunt, intervalMs: 1000 });
    await line.send(0, main(12_800), history);
    await line.send(1000, main(12_810));
    line.pull();
    line.plugIn();
    await line.send(
      3000,
      formatBlock([
        ['PID', '0xA389'],
        ['V', '13000'],
      ]),
    );
    expect(line.readings).toHaveLength(1);
    await line.send(
      4000,
      formatBlock([
        ['PID', '0xA389'],
        ['V', '13010'],
      ]),
    );
    expect(line.readings.at(-1)).toMatchObject({
      values: { product_code: '0xA389', battery_voltage: 13.01 },
    });
    expect(Object.keys(line.readings.at(-1)?.values ?? {})).toEqual(['product_code', 'battery_voltage']);
    await line.stop();
  });
});

describe('a cable without readings', () => {
  test('silence is told once, with what to look at, and again when it comes back', async () => {
    const line = cable();
    await line.time.passTo(60_000);
    expect(line.troubles).toEqual([
      {
        code: 'silent',
        message: 'nothing came for 10 s: is the cable plugged in at the device, and the device on?',
        atMs: 10_000,
      },
    ]);
    await line.send(
      61_000,
      formatBlock([
        ['PID', '0xA389'],
        ['Q7', '1'],
      ]),
    );
    await line.time.passTo(90_000);
    expect(line.troubles.map(({ code, atMs }) => [code, atMs])).toEqual([
      ['silent', 10_000],
      ['silent', 71_000],
    ]);
    await line.stop();
  });

  test('bytes that are no blocks are told apart from none', async () => {
    const line = cable();
    for (let second = 1; second <= 9; second++) await line.send(second * 1000, Uint8Array.of(1, 2, 3, 4));
    await line.time.passTo(10_000);
    expect(line.troubles).toMatchObject([
      { code: 'silent', message: expect.stringMatching(/^36 bytes came in 10 s, but nothing whole/) },
    ]);
    await line.stop();
  });

  test('blocks that fit no product are told with their labels', async () => {
    const line = cable();
    for (let second = 0; second < 9; second++) {
      await line.send(
        second * 1000,
        formatBlock([
          ['V', '12800'],
          ['Q7', '5'],
        ]),
      );
    }
    await line.time.passTo(10_000);
    expect(line.readings).toEqual([]);
    expect(line.troubles).toMatchObject([
      { code: 'ignored', message: expect.stringContaining('their labels: V Q7') },
    ]);
    await line.stop();
  });

  test('a damaged block is told and costs itself only', async () => {
    const line = cable();
    const damaged = main(12_800);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await line.send(0, main(12_800));
    await line.send(1000, damaged);
    await line.send(2000, main(12_820));
    expect(line.troubles.map(({ code }) => code)).toEqual(['corrupt']);
    expect(line.readings).toMatchObject([{ values: { battery_voltage: 12.82 } }]);
    await line.stop();
  });
});

describe('a cable that breaks', () => {
  test('is opened again with growing pauses, and with short ones after it was heard', async () => {
    const line = cable();
    await line.send(0, main(12_800), main(12_800));
    line.pull();
    await line.time.passTo(60_000);
    expect(line.attemptsMs).toEqual([0, 500, 1500, 3500, 7500, 15_500, 25_500, 35_500, 45_500, 55_500]);
    expect(line.troubles[0]).toMatchObject({
      code: 'link',
      message: `the serial port ${port} is gone: is its cable pulled?`,
    });
    expect(line.troubles.slice(1).every(({ message }) => message === `there is no serial port ${port}`)).toBe(
      true,
    );
    line.plugIn();
    await line.send(65_500, main(12_900), main(12_910));
    expect(line.readings.at(-1)).toMatchObject({ values: { battery_voltage: 12.91 }, heardMs: 65_500 });
    line.pull();
    await line.time.passTo(66_500);
    expect(line.attemptsMs.slice(-2)).toEqual([65_500, 66_000]);
    await line.stop();
    expect(line.closed()).toBe(2);
  });

  test('stopping ends it at once in every state and leaves no timer', async () => {
    const listening = cable();
    await listening.send(0, main(12_800), main(12_810));
    await listening.send(1000, main(12_820));
    await listening.stop();
    expect(listening.time.pending()).toBe(0);
    expect(listening.closed()).toBe(1);
    const pausing = cable();
    pausing.pull();
    await settle();
    await pausing.stop();
    expect(pausing.time.pending()).toBe(0);
    expect(pausing.readings).toEqual([]);
  });

  test('a bug comes out instead of being tried again', async () => {
    const broken = cable(shunt, {
      connect: async () => {
        throw new TypeError('a bug');
      },
    });
    await expect(broken.running).rejects.toThrow('a bug');
  });
});

describe('a recording', () => {
  test('that ends before a label came again is one reading, and the end is told', async () => {
    const line = cable(shunt, { once: true });
    await line.send(0, main(12_800), history);
    await line.time.passTo(3000);
    line.pull();
    await line.running;
    expect(line.readings).toMatchObject([
      { values: { battery_voltage: 12.8, battery_discharge_deepest: 55 } },
    ]);
    expect(line.troubles.map(({ code }) => code)).toEqual(['link']);
    expect(line.attemptsMs).toHaveLength(1);
    expect(line.readings[0]?.heardMs).toBe(0);
  });
});
