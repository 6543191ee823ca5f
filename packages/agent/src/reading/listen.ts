// The loop over one cable: a device that talks unasked. Connects, feeds the listener, lets the newest of each interval
// through, and connects again when the cable is pulled and put back.

import type { Listener } from '@wattline/protocols';
import { type Connect, type Moment, TransportError } from '../transport.ts';
import type { Heard, Observer, ReadDevice, Trouble } from './device.ts';
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
  /** Each time the cable is opened: what listens to it from now on. */
  readonly listening?: (listener: Listener) => void;
}

/** How long a cable may be without a whole block before that is said. VE.Direct sends one every 1 to 2 s. */
const silentAfterMs = 10_000;
const labelsShownMax = 30;
const retryFirstMs = 500;
const retryLongestMs = 10_000;

/** Runs until the signal ends it. */
export async function listen(options: ListenOptions): Promise<void> {
  const { device, now, startTimer, signal } = options;
  const pacer = createPacer<Heard>({
    intervalMs: device.intervalMs,
    nowMs: () => now().uptimeMs,
    startTimer,
    emit: (heard) => options.reading(device, heard),
  });
  let retryMs = retryFirstMs;
  let isQuiet = false;
  while (!signal.aborted) {
    try {
      await listenOnce(options, pacer, {
        heard() {
          retryMs = retryFirstMs;
          isQuiet = false;
        },
        silent(trouble) {
          // Opened anew it is as silent as before, which has been said.
          if (!isQuiet) options.trouble(device, trouble);
          isQuiet = true;
        },
      });
      // The silence was pause enough.
      if (options.once === undefined) continue;
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

interface Told {
  heard(): void;
  silent(trouble: Trouble): void;
}

/** Ends without an error where nothing at all comes: a converter that hangs sends again once it is opened anew. */
async function listenOnce(options: ListenOptions, pacer: Pacer<Heard>, told: Told): Promise<void> {
  const { device, connect, now, signal, startTimer } = options;
  const listener = device.definition.listen?.();
  if (listener === undefined)
    throw new Error(`${device.definition.id} is no family that talks unasked on a cable`);
  const link = await connect(signal);
  // A new one each time: what was heard before a break says nothing about what is plugged in now.
  options.listening?.(listener);
  let bytes = 0;
  let isKnown = false;
  const quiet = new AbortController();
  const either = AbortSignal.any([signal, quiet.signal]);
  const watchSilence = () => {
    bytes = 0;
    return startTimer(silentAfterMs, () => {
      const labels = isKnown ? [] : [...listener.unknown().keys()];
      told.silent(explainSilence(labels, bytes));
      if (bytes === 0 && !options.once) quiet.abort();
    });
  };
  let stopWatching = watchSilence();
  try {
    for (;;) {
      const chunk = await link.read(either);
      const moment = now();
      bytes += chunk.length;
      let heard = false;
      for (const part of listener.push(chunk, moment.uptimeMs)) {
        if ('corrupt' in part) options.trouble(device, { code: 'corrupt', message: part.corrupt });
        else heard = true;
      }
      if (!heard) continue;
      isKnown = true;
      told.heard();
      stopWatching();
      stopWatching = watchSilence();
      if (listener.isWhole()) offer(listener, pacer, moment);
    }
  } catch (error) {
    if (!quiet.signal.aborted) throw error;
  } finally {
    stopWatching();
    // A recording may end before any label came again.
    if (options.once && !listener.isWhole()) offer(listener, pacer, now());
    await link.close();
  }
}

/** Why there is no reading although the port is open. `labels`: of blocks that fit no product. */
function explainSilence(labels: readonly string[], bytes: number): Trouble {
  const seconds = silentAfterMs / 1000;
  if (labels.length > 0) {
    const shown = labels.slice(0, labelsShownMax).join(' ');
    const message = `blocks come, but they do not tell what kind of product it is; their labels: ${shown}`;
    return { code: 'ignored', message };
  }
  const message =
    bytes === 0
      ? `nothing came for ${seconds} s: is the cable plugged in at the device, and the device on?`
      : `${bytes} bytes came in ${seconds} s, but nothing whole: is this the right port, and the cable sound?`;
  return { code: 'silent', message };
}

function offer(listener: Listener, pacer: Pacer<Heard>, { wallMs, uptimeMs }: Moment): void {
  const current = listener.current(uptimeMs);
  if (current === undefined) return;
  const { timeMs, ...decoded } = current;
  pacer.offer({ decoded, moment: { uptimeMs: timeMs, wallMs: wallMs - (uptimeMs - timeMs) } });
}
