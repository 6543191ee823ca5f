// Bluetooth in a process of its own that is watched: one that crashes, fails, falls silent or grows is started anew.
// Whatever happens there, hearing goes on until its consumer ends it; links break, and can be made again.

import type { Log } from '@wattline/program';
import { startTimer } from '../reading/pacer.ts';
import { pause } from '../reading/pause.ts';
import {
  type Connect,
  type Counters,
  type GattWay,
  type Link,
  type Moment,
  TransportError,
} from '../transport.ts';
import type { BluetoothRadio } from './bluetooth-radio.ts';
import { createHealing, type Healing } from './healing.ts';
import type { BluetoothLibrary } from './noble-hci.ts';
import { createPacketBuffer, type PacketBuffer } from './packet-buffer.ts';
import type { HeardNews, HearOrder, RadioOrder } from './radio-messages.ts';
import { type RadioEnd, type RadioProcessOptions, runRadioProcess } from './radio-process.ts';
import { createRemoteLinks, type RemoteLinks } from './remote-links.ts';
import { createRunning, type Running } from './running.ts';

export interface WatchedOptions {
  /** This program's main file, which runs `runRadioChild` when its first argument is `radioChildArgument`. */
  readonly file: string;
  readonly adapter?: string;
  readonly now: () => Moment;
  readonly log: Log;
  /** No advertisement of anybody for so long: the radio is started anew. Default 40 s. */
  readonly silenceMs?: number;
  /** Not a word from the process for so long: it is ended and started anew. Default 15 s. */
  readonly hungMs?: number;
  /** Default 64 MiB. */
  readonly heapBytesMax?: number;
  /** First pause after a crash or failure; doubles up to 15 s. Default 500 ms. */
  readonly retryMs?: number;
  /** As of the radio in this process. */
  readonly heardMs?: number;
  readonly library?: BluetoothLibrary;
  /** An adapter that is shut is told to who uses the radio; default: it is tried again here. */
  readonly endsShut?: true;
  /** Default: a process of its own. */
  readonly runProcess?: typeof runRadioProcess;
}

export const radioChildArgument = 'radio-child';

const silenceMsDefault = 40_000;
const hungMsDefault = 15_000;
const heapBytesMaxDefault = 64 * 1024 * 1024;
/** How often the process says at least that it hears, within the time after which it counts as silent. */
const alivePerSilence = 12;
const retryMsDefault = 500;
/** Whoever waits to connect gives up after 30 s and then pauses himself. */
const retryMsMax = 15_000;
/** After living so long, a process counts as sound, and the next pause is short again. */
const soundMs = 60_000;
/** Where nobody is on the air, starting anew again and again helps nobody. */
const silenceGrowthMax = 16;

/** Devices that are connected to now and then keep the process for so long. */
const lingerMs = 60_000;

interface Watch {
  readonly options: WatchedOptions;
  readonly counts: Counts;
  readonly healing: Healing;
  /** Whoever hears. */
  hearing?: { readonly order: HearOrder; readonly buffer: PacketBuffer };
  /** The process that runs, and what waits for one. */
  life?: Life;
  readonly waiting: Set<(life: Life) => void>;
  /** What goes wrong now, as it was said. */
  fault?: string;
  /** The steady clock's time of the last advertisement of anybody. */
  lastHeardMs?: number;
  silenceGrowth: number;
}

interface Life {
  order(order: RadioOrder): void;
  end(reason: RadioEnd): void;
  readonly links: RemoteLinks;
}

interface Counts {
  /** How processes ended, and what was dropped here. */
  readonly here: {
    crashed: number;
    failed: number;
    silent: number;
    hung: number;
    heavy: number;
    stuck: number;
    dropped: number;
    reset: number;
    helpless: number;
  };
  /** Of the processes that ended. */
  past: Counters;
  /** Of the one that runs. */
  current: Counters;
}

export function createWatchedRadio(options: WatchedOptions): BluetoothRadio {
  const ends = { crashed: 0, failed: 0, silent: 0, hung: 0, heavy: 0, stuck: 0 };
  const here = { ...ends, dropped: 0, reset: 0, helpless: 0 };
  const counts: Counts = { here, past: { reports: 0, packets: 0, malformed: 0 }, current: {} };
  const healing = createHealing(options.log, here);
  const watch: Watch = { options, counts, healing, waiting: new Set(), silenceGrowth: 1 };
  const running = createRunning((signal) => keepRunning(watch, signal));
  return {
    receiver: (companies) => ({
      counters: () => sum(sum(counts.past, counts.current), here),
      async *packets(signal) {
        if (watch.hearing !== undefined) throw new Error('somebody else hears by this radio already');
        const buffer = createPacketBuffer(() => here.dropped++);
        const order: HearOrder = { order: 'hear', ...(companies === undefined ? {} : { companies }) };
        watch.hearing = { order, buffer };
        watch.life?.order(order);
        const leave = running.enter(buffer.fail);
        try {
          yield* buffer.drain(signal);
        } finally {
          delete watch.hearing;
          await leave(0);
        }
      },
    }),
    connect: (way) => connectBy(watch, running, way),
  };
}

function connectBy(watch: Watch, running: Running, way: GattWay): Connect {
  const { healing, options } = watch;
  return async (signal, turn) => {
    const failed = new AbortController();
    const leave = running.enter((error) => failed.abort(error));
    let link: Link;
    try {
      const life = await lifeOf(watch, AbortSignal.any([signal, failed.signal]));
      link = await life.links.connect(way, signal, turn);
      healing.connected();
    } catch (error) {
      void leave(lingerMs);
      if (error instanceof TransportError && healing.failed(error, options.now().uptimeMs) === 'reset')
        reset(watch, error);
      throw error;
    }
    return {
      ...link,
      async close() {
        await link.close();
        void leave(lingerMs);
      },
    };
  };
}

/** Whoever connects from now on waits for the next process. */
function reset(watch: Watch, { message }: TransportError): void {
  const { life } = watch;
  if (life === undefined) return;
  delete watch.life;
  life.links.fail(new TransportError('lost', 'the Bluetooth adapter is reset'));
  life.end({ why: 'stuck', message });
}

/** The process that runs, or the next one. */
async function lifeOf({ life, waiting }: Watch, signal: AbortSignal): Promise<Life> {
  signal.throwIfAborted();
  if (life !== undefined) return life;
  const { promise, resolve, reject } = Promise.withResolvers<Life>();
  const abort = (): void => reject(signal.reason);
  waiting.add(resolve);
  signal.addEventListener('abort', abort);
  try {
    return await promise;
  } finally {
    waiting.delete(resolve);
    signal.removeEventListener('abort', abort);
  }
}

async function keepRunning(watch: Watch, signal: AbortSignal): Promise<void> {
  const { retryMs: retryFirstMs = retryMsDefault, now, runProcess = runRadioProcess } = watch.options;
  let retryMs = retryFirstMs;
  while (!signal.aborted) {
    const startedMs = now().uptimeMs;
    const end = await runProcess(processOptions(watch), signal);
    watch.life?.links.fail(new TransportError('lost', 'the process that holds the Bluetooth adapter ended'));
    delete watch.life;
    watch.counts.past = sum(watch.counts.past, watch.counts.current);
    watch.counts.current = {};
    if (signal.aborted || end.why === 'stopped') return;
    if (end.why === 'failed' && end.code === 'shut' && watch.options.endsShut)
      throw new TransportError(end.code, end.message);
    watch.counts.here[end.why]++;
    // Else said by who reset it.
    if (end.why !== 'stuck') sayEnd(end, watch);
    if (now().uptimeMs - startedMs >= soundMs) retryMs = retryFirstMs;
    await pause(retryMs, startTimer, signal);
    retryMs = Math.min(2 * retryMs, retryMsMax);
  }
}

function processOptions(watch: Watch): RadioProcessOptions {
  const { file, adapter, log, heardMs, library } = watch.options;
  const { silenceMs = silenceMsDefault, hungMs = hungMsDefault } = watch.options;
  const { heapBytesMax = heapBytesMaxDefault } = watch.options;
  let links: RemoteLinks | undefined;
  return {
    program: { file, args: [radioChildArgument] },
    open: {
      order: 'open',
      aliveMs: silenceMs / alivePerSilence,
      ...(adapter === undefined ? {} : { adapter }),
      ...(heardMs === undefined ? {} : { heardMs }),
      ...(library === undefined ? {} : { library }),
    },
    silenceMs: silenceMs * watch.silenceGrowth,
    hungMs,
    heapBytesMax,
    started(process) {
      links = createRemoteLinks(process.order);
      watch.life = { ...process, links };
      if (watch.hearing !== undefined) process.order(watch.hearing.order);
      for (const begin of watch.waiting) begin(watch.life);
    },
    heard: (news) => takeNews(news, watch),
    link: (news) => links?.take(news),
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
    watch.hearing?.buffer.push({ ...packet, moment: { wallMs: wallMs - ageMs, uptimeMs: uptimeMs - ageMs } });
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

type Fault = Exclude<RadioEnd, { readonly why: 'stopped' | 'stuck' }>;

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
    case 'hung':
      return ['warn', 'Bluetooth: its process hangs; it is ended and started anew'];
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
