// The process that owns the radio under `run`. It hears, and hands over in batches what is wanted. What goes wrong in
// noble or in its native part ends this process only. Its parent starts it again, and it ends with its parent.

import { getHeapStatistics } from 'node:v8';
import { type HeardPacket, type Receiver, TransportError } from '../transport.ts';
import { createBluetoothRadio } from './bluetooth-radio.ts';
import { chooseAdapter } from './controller.ts';
import type { ListenOrder, RadioNews, RadioOrder } from './radio-messages.ts';

/** How long a packet waits for others to go with it. */
const batchMs = 200;
const batchPacketsMax = 64;

/** Runs as the child of a program that forked it; ends the process itself. */
export function runRadioChild(): void {
  const stop = new AbortController();
  // The parent decides when to end: a signal to the whole process group must not look like a crash.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit());
  process.on('message', (message: RadioOrder) => {
    if (message.order === 'stop') stop.abort();
    else void listen(message, stop.signal);
  });
}

async function listen({ adapter, companies, aliveMs }: ListenOrder, signal: AbortSignal): Promise<void> {
  const radio = createBluetoothRadio({
    adapter: () => chooseAdapter(adapter),
    // Only ages leave this process.
    now: () => ({ wallMs: 0, uptimeMs: performance.now() }),
    listening: (adapterAddress) => void tell({ news: 'listening', adapterAddress }),
  });
  try {
    await handOver(radio.receiver(companies), aliveMs, signal);
  } catch (error) {
    // Anything else is a fault of ours or of noble's, and ends the process with its stack.
    if (!(error instanceof TransportError)) throw error;
    await tell({ news: 'failed', code: error.code, message: error.message });
  }
  process.exit();
}

async function handOver(receiver: Receiver, aliveMs: number, signal: AbortSignal): Promise<void> {
  let batch: HeardPacket[] = [];
  let timer: NodeJS.Timeout | undefined;
  let told = Promise.resolve();
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
    const heapBytes = used_heap_size + external_memory;
    told = tell({ news: 'heard', packets, counters: receiver.counters(), heapBytes });
    flushIn(aliveMs);
    await told;
  }
  flushIn(aliveMs);
  for await (const packet of receiver.packets(signal)) {
    if (batch.length === 0) flushIn(batchMs);
    batch.push(packet);
    // A parent that does not keep up holds this loop; the receiver's buffer then keeps the newest.
    if (batch.length >= batchPacketsMax) await flush();
  }
}

/** Resolves when the parent's side of the channel took it. */
function tell(news: RadioNews): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(news, undefined, undefined, () => resolve());
    else throw new Error('this process is started by the program itself, never by hand');
  });
}
