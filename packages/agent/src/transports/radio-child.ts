// The process that owns the radio under `run`. It hears and connects as its parent orders. What goes wrong in noble or in its
// native part ends this process only. Its parent starts it again, and it ends with its parent.

import ownProcess from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { type Counters, type HeardPacket, type Receiver, TransportError } from '../transport.ts';
import { chooseAdapter } from './adapter-choice.ts';
import { type BluetoothRadio, createBluetoothRadio } from './bluetooth-radio.ts';
import { hciOf } from './noble-hci.ts';
import type { OpenOrder, RadioNews, RadioOrder } from './radio-messages.ts';
import { serveLinks } from './served-links.ts';

/** How long a packet waits for others to go with it. */
const batchMs = 200;
const batchPacketsMax = 64;

/** This process as its parent sees it. */
export interface OwnProcess {
  on(event: 'message', take: (order: RadioOrder) => void): unknown;
  on(event: 'disconnect' | 'SIGINT' | 'SIGTERM' | 'SIGHUP', act: () => void): unknown;
  send?(news: RadioNews, handle: undefined, options: undefined, sent: () => void): unknown;
  exit(): void;
}

/** Runs as the child of a program that forked it; ends the process itself. */
export function runRadioChild(process: OwnProcess = ownProcess, choose = chooseAdapter): void {
  const stop = new AbortController();
  // The parent decides when to end: a signal to the whole process group must not look like a crash.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit());
  let service: ReturnType<typeof openService> | undefined;
  process.on('message', (message: RadioOrder) => {
    switch (message.order) {
      case 'open':
        service = openService(message, process, choose);
        return;
      case 'hear':
        void service?.hear(message.companies, stop.signal);
        return;
      case 'stop':
        stop.abort();
        void service?.end();
        return;
      default:
        service?.links.obey(message);
    }
  });
}

function openService(
  { adapter, aliveMs, heardMs, library }: OpenOrder,
  process: OwnProcess,
  choose: typeof chooseAdapter,
) {
  const tell = tellBy(process);
  const radio = createBluetoothRadio({
    adapter: () => choose(adapter),
    ...(heardMs === undefined ? {} : { heardMs }),
    createHci: hciOf(library),
    // Only ages leave this process.
    now: () => ({ wallMs: 0, uptimeMs: performance.now() }),
    listening: (adapterAddress) => void tell({ news: 'listening', adapterAddress }),
  });
  const links = serveLinks(radio.connect, tell);
  const messenger = createMessenger(aliveMs, tell);
  let hearing: Promise<void> | undefined;
  return {
    links,
    hear(companies: readonly number[] | undefined, signal: AbortSignal): Promise<void> {
      hearing ??= hear(radio, companies, messenger, signal).then(async (failure) => {
        if (failure === undefined) return;
        await tell({ news: 'failed', code: failure.code, message: failure.message });
        process.exit();
      });
      return hearing;
    },
    async end(): Promise<void> {
      await links.closeAll();
      await hearing;
      process.exit();
    },
  };
}

async function hear(
  radio: BluetoothRadio,
  companies: readonly number[] | undefined,
  messenger: Messenger,
  signal: AbortSignal,
): Promise<TransportError | undefined> {
  const receiver = radio.receiver(companies);
  messenger.hears(receiver);
  try {
    for await (const packet of receiver.packets(signal)) await messenger.packet(packet);
  } catch (error) {
    // Anything else is a fault of ours or of noble's, and ends the process with its stack.
    if (error instanceof TransportError) return error;
    throw error;
  }
  return undefined;
}

interface Messenger {
  hears(receiver: Receiver): void;
  /** Resolves when a further one may come. */
  packet(packet: HeardPacket): Promise<void>;
}

/** Hands packets over in batches, and says at least every `aliveMs` that this process lives. */
function createMessenger(aliveMs: number, tell: Tell): Messenger {
  let batch: HeardPacket[] = [];
  let timer: NodeJS.Timeout | undefined;
  let told = Promise.resolve();
  let counters: (() => Counters) | undefined;
  const flushIn = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(flush, ms);
  };
  async function flush(): Promise<void> {
    await told;
    const nowMs = performance.now();
    const packets = batch.map(({ moment, ...packet }) => ({ ...packet, ageMs: nowMs - moment.uptimeMs }));
    batch = [];
    const { used_heap_size, external_memory } = getHeapStatistics();
    told = tell({
      ...{ news: 'heard', packets, counters: counters?.() ?? {}, isHearing: counters !== undefined },
      heapBytes: used_heap_size + external_memory,
    });
    flushIn(aliveMs);
    await told;
  }
  flushIn(aliveMs);
  return {
    hears(receiver) {
      counters = receiver.counters;
    },
    async packet(packet) {
      if (batch.length === 0) flushIn(batchMs);
      batch.push(packet);
      // A parent that does not keep up holds this loop; the receiver's buffer then keeps the newest.
      if (batch.length >= batchPacketsMax) await flush();
    },
  };
}

/** Resolves when the parent's side of the channel took it. */
type Tell = (news: RadioNews) => Promise<void>;

const tellBy =
  (process: OwnProcess): Tell =>
  (news) =>
    new Promise((resolve) => {
      if (process.send) process.send(news, undefined, undefined, () => resolve());
      else throw new Error('this process is started by the program itself, never by hand');
    });
