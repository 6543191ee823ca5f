import { describe, expect, onTestFinished, test } from 'vitest';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { TransportError, type TransportErrorCode } from '../src/transport.ts';
import { createHealing } from '../src/transports/healing.ts';
import { createWatchedRadio, type WatchedOptions } from '../src/transports/watched-radio.ts';
import { now, radioChildProgram } from './bluetooth-rigs.ts';
import { pipePeripheral, pipeWay } from './gatt-rigs.ts';

function ladder() {
  const lines: string[] = [];
  const line = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  const log = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
  const counts = { reset: 0, helpless: 0 };
  const healing = createHealing(log, counts);
  /** Fails at these times; returns when a reset was asked for. */
  const fail = (timesMs: readonly number[], code: TransportErrorCode = 'lost') =>
    timesMs.filter((atMs) => healing.failed(new TransportError(code, 'no'), atMs) === 'reset');
  return { lines, counts, healing, fail, log };
}

const every = (stepMs: number, untilMs: number) =>
  Array.from({ length: untilMs / stepMs }, (_, index) => index * stepMs);

describe('a radio whose connections do not come about', () => {
  test('is reset after the third failure, then less and less often, and after two resets a person is told', () => {
    const { fail, lines, counts } = ladder();
    expect(fail(every(5000, 300_000))).toEqual([10_000, 30_000, 70_000, 150_000]);
    expect(lines).toEqual([
      'warn Bluetooth: 3 connections failed in a row (no); the adapter is reset',
      expect.stringMatching(/^error Bluetooth: 2 resets of the adapter did not help \(no\): unplug it/),
    ]);
    expect(counts).toEqual({ reset: 4, helpless: 1 });
  });

  test('is said to work again, and begins anew', () => {
    const { fail, lines, healing } = ladder();
    fail([0, 1, 2]);
    healing.connected();
    expect(lines.at(-1)).toBe('info Bluetooth: connections come about again');
    expect(fail([30_000, 30_001, 30_002])).toEqual([30_002]);
  });

  test('is not to blame for a device that is absent, busy, or refuses', () => {
    for (const code of ['absent', 'busy', 'denied', 'unusable'] as const)
      expect(ladder().fail(every(1000, 100_000), code), code).toEqual([]);
  });

  test('is opened anew by its process, after which the device is reached', async () => {
    const { peripheral, watched, connect, lines } = await watchedPipe();
    peripheral.failConnect = 6;
    for (let attempt = 1; attempt <= 3; attempt++)
      await expect(connect(never)).rejects.toMatchObject({ code: 'lost' });
    const link = await connect(never);
    expect(lines.filter((line) => /its process is/.test(line))).toHaveLength(2);
    expect(lines).toContainEqual(expect.stringMatching(/warn Bluetooth: 3 connections failed in a row/));
    expect(watched.receiver().counters()).toMatchObject({ reset: 1, stuck: 1, helpless: 0, crashed: 0 });
    await link.close();
  });
});

const never = new AbortController().signal;

async function watchedPipe(more: Partial<WatchedOptions> = {}) {
  const radio = createVirtualRadio();
  const server = await serveH4(radio);
  const { log, lines } = ladder();
  const peripheral = pipePeripheral(() => {});
  radio.add(peripheral);
  const watched = createWatchedRadio({
    ...{ file: radioChildProgram, adapter: `tcp:127.0.0.1:${server.port}`, now, log },
    ...{ retryMs: 1, heardMs: 2000, ...more },
  });
  onTestFinished(async () => {
    radio.close();
    await server.close();
  });
  const processId = () =>
    Number(
      lines
        .findLast((line) => /its process is \d+/.test(line))
        ?.split(' ')
        .at(-1),
    );
  return { peripheral, watched, connect: watched.connect(pipeWay), lines, processId };
}

/** For ending the process and for connecting anew, on a busy machine; of the minute 15 s are its default silence. */
const restMsMax = 40_000;

test.each([
  ['hangs', 'SIGSTOP'],
  ['spins', 'SIGUSR2'],
] as const)(
  'a process that %s while a link is open is ended, its link lost, and the next one connects',
  async (_, fault) => {
    const hungMs = 1000;
    const { connect, watched, processId, lines } = await watchedPipe({ hungMs, silenceMs: 3000 });
    const link = await connect(never);
    const lost = link.read(never).catch((error: unknown) => error);
    const begunMs = performance.now();
    process.kill(processId(), fault);
    expect(await lost).toMatchObject({ code: 'lost' });
    await link.close();
    const again = await connect(never);
    expect(performance.now() - begunMs - hungMs).toBeLessThan(restMsMax);
    expect(watched.receiver().counters()).toMatchObject({ hung: 1, silent: 0, crashed: 0, reset: 0 });
    expect(lines).toContain('warn Bluetooth: its process hangs; it is ended and started anew');
    await again.close();
  },
);
