// A check of devices in virtual time, whose broker answers: what it prints, and when it has ended.

import { PassThrough } from 'node:stream';
import { createTerminal } from '@wattline/program';
import { check } from '../src/commands/check.ts';
import type { Publisher } from '../src/publisher/publisher.ts';
import type { Media } from '../src/reading/connect.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { startTimer } from '../src/reading/pacer.ts';
import { noMedia, passMs, virtualNow } from './healing-rigs.ts';

export const deadlineMs = 10_000;

const publisher: Publisher = {
  publish: () => Promise.reject(new Error('a check publishes nothing')),
  onConnect: (listener) => listener(1),
  onDown: () => {},
  subscribe: () => {},
  status: () => ({ connected: true, version: '5', refusals: 0 }),
  close: async () => {},
};

/** @param forMs how much time passes; a check that has not ended by then hangs */
export async function checkFor(forMs: number, devices: readonly ReadDevice[], media: Partial<Media>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let endedMs = Number.POSITIVE_INFINITY;
  const checking = check({
    ...{ devices, publisher, broker: '127.0.0.1:1883', deadlineMs, json: false },
    terminal: createTerminal({ stdout, stderr, environment: {} }),
    media: { ...noMedia, ...media },
    ...{ now: virtualNow, startTimer, signal: new AbortController().signal },
  }).then((code) => {
    endedMs = performance.now();
    return code;
  });
  await passMs(forMs);
  const code = await checking;
  return { code, endedMs, lines: String(stdout.read()).trimEnd().split('\n') };
}
