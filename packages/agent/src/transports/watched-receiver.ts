// Bluetooth in a process of its own that is watched: one that crashes, fails, falls silent or grows is started anew.
// Whatever happens there, the iteration here goes on until its consumer ends it.

import { setTimeout as waitMs } from 'node:timers/promises';
import type { Log } from '@wattline/program';
import type { Moment } from '../reading/device.ts';
import type { Counters, Receiver } from '../transport.ts';
import { createPacketBuffer, type PacketBuffer } from './packet-buffer.ts';
import type { HeardNews } from './radio-messages.ts';
import { type RadioEnd, type RadioProcessOptions, runRadioProcess } from './radio-process.ts';

export interface WatchedOptions {
  /** This program's main file, which runs `runRadioChild` when its first argument is `radioChildArgument`. */
  readonly file: string;
  readonly adapter?: string;
  readonly companies?: readonly number[];
  readonly now: () => Moment;
  readonly log: Log;
  /** No advertisement of anybody for so long: the radio is started anew. Default 60 s. */
  readonly silenceMs?: number;
  /** Default 64 MiB. */
  readonly heapBytesMax?: number;
  /** First pause after a crash or failure; doubles up to 30 s. Default 500 ms. */
  readonly retryMs?: number;
}

export const radioChildArgument = 'radio-child';

const silenceMsDefault = 60_000;
const heapBytesMaxDefault = 64 * 1024 * 1024;
/** How often the process says at least that it hears, within the time after which it counts as silent. */
const alivePerSilence = 12;
const retryMsDefault = 500;
const retryMsMax = 30_000;
/** After living so long, a process counts as sound, and the next pause is short again. */
const soundMs = 60_000;
/** Where nobody is on the air, starting anew again and again helps nobody. */
const silenceGrowthMax = 16;

interface Watch {
  readonly options: WatchedOptions;
  readonly buffer: PacketBuffer;
  readonly counts: Counts;
  /** What goes wrong now, as it was said. */
  fault?: string;
  /** The steady clock's time of the last advertisement of anybody. */
  lastHeardMs?: number;
  silenceGrowth: number;
}

interface Counts {
  /** How processes ended, and what was dropped here. */
  readonly here: { crashed: number; failed: number; silent: number; heavy: number; dropped: number };
  /** Of the processes that ended. */
  past: Counters;
  /** Of the one that runs. */
  current: Counters;
}

export function watchedReceiver(options: WatchedOptions): Receiver {
  const here = { crashed: 0, failed: 0, silent: 0, heavy: 0, dropped: 0 };
  const counts: Counts = { here, past: { reports: 0, packets: 0, malformed: 0 }, current: {} };
  return {
    counters: () => sum(sum(counts.past, counts.current), here),
    async *packets(signal) {
      const buffer = createPacketBuffer(() => here.dropped++);
      const left = new AbortController();
      const watch: Watch = { options, buffer, counts, silenceGrowth: 1 };
      const watching = keepRunning(watch, AbortSignal.any([signal, left.signal])).catch(buffer.fail);
      try {
        yield* buffer.drain(signal);
      } finally {
        left.abort();
        await watching;
      }
    },
  };
}

async function keepRunning(watch: Watch, signal: AbortSignal): Promise<void> {
  const { retryMs: retryFirstMs = retryMsDefault, now } = watch.options;
  let retryMs = retryFirstMs;
  while (!signal.aborted) {
    const startedMs = now().uptimeMs;
    const end = await runRadioProcess(processOptions(watch), signal);
    watch.counts.past = sum(watch.counts.past, watch.counts.current);
    watch.counts.current = {};
    if (signal.aborted || end.why === 'stopped') return;
    watch.counts.here[end.why]++;
    sayEnd(end, watch);
    if (now().uptimeMs - startedMs >= soundMs) retryMs = retryFirstMs;
    await waitMs(retryMs, undefined, { signal }).catch(() => {});
    retryMs = Math.min(2 * retryMs, retryMsMax);
  }
}

function processOptions(watch: Watch): RadioProcessOptions {
  const { file, adapter, companies, log } = watch.options;
  const { silenceMs = silenceMsDefault, heapBytesMax = heapBytesMaxDefault } = watch.options;
  return {
    program: { file, args: [radioChildArgument] },
    listen: {
      order: 'listen',
      aliveMs: silenceMs / alivePerSilence,
      ...(adapter === undefined ? {} : { adapter }),
      ...(companies === undefined ? {} : { companies }),
    },
    silenceMs: silenceMs * watch.silenceGrowth,
    heapBytesMax,
    heard: (news) => takeNews(news, watch),
    listening(adapterAddress) {
      if (watch.fault === undefined) log.info(`Bluetooth: listening with the adapter ${adapterAddress}`);
    },
    wrote: (line) => log.debug(`Bluetooth: ${line}`),
  };
}

function takeNews({ packets, counters }: HeardNews, watch: Watch): void {
  const { now, log } = watch.options;
  const { wallMs, uptimeMs } = now();
  for (const { ageMs, ...packet } of packets) {
    watch.buffer.push({ ...packet, moment: { wallMs: wallMs - ageMs, uptimeMs: uptimeMs - ageMs } });
  }
  const { reports = 0 } = counters;
  const { reports: reportsBefore = 0 } = watch.counts.current;
  watch.counts.current = counters;
  if (reports === reportsBefore) return;
  if (watch.fault !== undefined) {
    const { lastHeardMs } = watch;
    const gap = lastHeardMs === undefined ? '' : `, ${seconds(uptimeMs - lastHeardMs)} without reception`;
    log.info(`Bluetooth: heard again${gap}`);
    delete watch.fault;
  }
  watch.lastHeardMs = uptimeMs;
  watch.silenceGrowth = 1;
}

type Fault = Exclude<RadioEnd, { readonly why: 'stopped' }>;

/** The same fault again is counted, not said. */
function sayEnd(end: Fault, watch: Watch): void {
  const { log, silenceMs = silenceMsDefault } = watch.options;
  const [level, text] = describeEnd(end, silenceMs * watch.silenceGrowth);
  if (end.why === 'silent') watch.silenceGrowth = Math.min(2 * watch.silenceGrowth, silenceGrowthMax);
  if (text !== watch.fault) log[level](text);
  watch.fault = text;
}

function describeEnd(
  end: Fault,
  silenceMs: number,
): readonly [level: 'error' | 'warn' | 'info', text: string] {
  switch (end.why) {
    case 'failed':
      return ['error', end.message];
    case 'crashed':
      return ['warn', `Bluetooth: its process ended (${end.message}) and is started anew`];
    case 'silent':
      return ['warn', `Bluetooth: nobody was heard for ${seconds(silenceMs)}; the radio is started anew`];
    case 'heavy': {
      const mebibytes = Math.round(end.heapBytes / 1024 / 1024);
      return ['info', `Bluetooth: its process grew to ${mebibytes} MiB and is started anew`];
    }
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

function sum(a: Counters, b: Counters): Counters {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]));
}
