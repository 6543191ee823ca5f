// The loop over one cable: a device that talks unasked. Connects, feeds the listener, lets the newest of each interval
// through, and connects again when the cable is pulled and put back.

import type { Listener } from '@wattline/protocols';
import { type Connect, TransportError } from '../transport.ts';
import type { Heard, Moment, Observer, ReadDevice } from './device.ts';
import { createPacer, type Pacer, type StartTimer } from './pacer.ts';
import { pause } from './pause.ts';

export interface ListenOptions extends Observer {
  readonly device: ReadDevice;
  readonly connect: Connect;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** End when the link does, instead of connecting again: a recording. */
  readonly once?: true;
  /** The listener of the device, where somebody wants to look into it. */
  readonly listener?: Listener;
}

/** How long a cable may be without a whole block before that is said. VE.Direct sends one every 1 to 2 s. */
const silentAfterMs = 10_000;
const retryFirstMs = 500;
const retryLongestMs = 10_000;

/** Runs until the signal ends it. */
export async function listen(options: ListenOptions): Promise<void> {
  const { device, now, startTimer, signal } = options;
  const listener = options.listener ?? device.definition.listen?.();
  if (listener === undefined)
    throw new Error(`${device.definition.id} is no family that talks unasked on a cable`);
  const pacer = createPacer<Heard>({
    intervalMs: device.intervalMs,
    nowMs: () => now().uptimeMs,
    startTimer,
    emit: (heard) => options.reading(device, heard),
  });
  let retryMs = retryFirstMs;
  while (!signal.aborted) {
    try {
      await listenOnce(options, listener, pacer, () => {
        retryMs = retryFirstMs;
      });
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof TransportError)) throw error;
      options.trouble(device, { code: 'link', message: error.message });
    }
    if (options.once) break;
    await pause(retryMs, startTimer, signal);
    retryMs = Math.min(retryMs * 2, retryLongestMs);
  }
  pacer.stop();
}

async function listenOnce(
  options: ListenOptions,
  listener: Listener,
  pacer: Pacer<Heard>,
  heardSomething: () => void,
): Promise<void> {
  const { device, connect, now, signal, startTimer } = options;
  const link = await connect(signal);
  const watchSilence = () =>
    startTimer(silentAfterMs, () => {
      const message = `nothing whole came for ${silentAfterMs / 1000} s: is the cable plugged in at the device, and the device on?`;
      options.trouble(device, { code: 'silent', message });
    });
  let stopWatching = watchSilence();
  try {
    for (;;) {
      const chunk = await link.read(signal);
      const moment = now();
      let whole = false;
      for (const part of listener.push(chunk, moment.uptimeMs)) {
        if ('corrupt' in part) options.trouble(device, { code: 'corrupt', message: part.corrupt });
        else whole = true;
      }
      if (!whole) continue;
      heardSomething();
      stopWatching();
      stopWatching = watchSilence();
      if (listener.isWhole()) offer(listener, pacer, moment);
    }
  } finally {
    stopWatching();
    // A recording may end before any label came again.
    if (options.once && !listener.isWhole()) offer(listener, pacer, now());
    await link.close();
  }
}

function offer(listener: Listener, pacer: Pacer<Heard>, { wallMs, uptimeMs }: Moment): void {
  const current = listener.current(uptimeMs);
  if (current === undefined) return;
  const { timeMs, ...decoded } = current;
  pacer.offer({ decoded, moment: { uptimeMs: timeMs, wallMs: wallMs - (uptimeMs - timeMs) } });
}
