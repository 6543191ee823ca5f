// Scanning for all that listen, on one controller. It rests while the controller connects: many refuse to do both.

import { EventEmitter } from 'node:events';
import { TransportError } from '../transport.ts';
import { answered, type OpenHci } from './noble-hci.ts';

/** One advertising packet or scan response as the controller reported it. */
export interface AdvertisingReport {
  /** Upper case, with colons. */
  readonly address: string;
  readonly addressType: 'public' | 'random';
  /** Of an advertising packet; a scan response does not tell. */
  readonly isConnectable?: boolean;
  readonly data: Buffer;
  /** dBm. */
  readonly rssi: number;
}

export interface Scanning {
  /** Reports every packet, repeats included; resolves when the controller confirmed that it scans. Returns what ends it. */
  listen(report: (report: AdvertisingReport) => void, signal: AbortSignal): Promise<() => void>;
  /** Nothing is heard while `act` is under way. */
  restFor<Result>(act: () => Promise<Result>): Promise<Result>;
  /** For how long nothing could be heard so far, because it rested. */
  restedMs(): number;
}

/**
 * Where connects follow one another without a pause, so much of the time is left for hearing; else who is not heard yet
 * would never have its turn.
 */
export const listenPerRest = 0.1;
const owedMsMin = 100;
const owedMsMax = 500;

const connectableTypes: readonly number[] = [0, 1];
const scanResponseType = 4;

export function createScanning(open: OpenHci): Scanning {
  const { hci } = open;
  const listeners = new Set<(report: AdvertisingReport) => void>();
  let isOn = false;
  let isResting = false;
  let restedMs = 0;
  let restingSinceMs = 0;
  let scanningSinceMs = 0;
  let owedMs = 0;
  let settled = Promise.resolve();
  hci.on(
    'leAdvertisingReport',
    (_status: number, type: number, address: string, kind: string, data: Buffer, rssi: number) => {
      const report: AdvertisingReport = {
        ...{ address: address.toUpperCase(), data, rssi },
        addressType: kind === 'random' ? 'random' : 'public',
        ...(type === scanResponseType ? {} : { isConnectable: connectableTypes.includes(type) }),
      };
      for (const listener of listeners) listener(report);
    },
  );
  const adjust = async (): Promise<void> => {
    const wanted = listeners.size > 0 && !isResting;
    if (wanted === isOn) return;
    await command(open, wanted);
    isOn = wanted;
    if (wanted) scanningSinceMs = performance.now();
    else owedMs = Math.max(0, owedMs - (performance.now() - scanningSinceMs));
  };
  const listenOwed = async (): Promise<void> => {
    const stillMs = owedMs - (isOn ? performance.now() - scanningSinceMs : 0);
    if (listeners.size === 0 || stillMs < owedMsMin) return;
    await settle();
    await new Promise((resolve) => setTimeout(resolve, stillMs));
  };
  const settle = (): Promise<void> => {
    const next = settled.then(adjust);
    // Whoever caused it hears of the failure; the next command may work.
    settled = next.catch(() => {});
    return next;
  };
  const stop = (report: (report: AdvertisingReport) => void): void => {
    listeners.delete(report);
    settle().catch(() => {});
  };
  return {
    async listen(report, signal) {
      signal.throwIfAborted();
      listeners.add(report);
      try {
        await settle();
        signal.throwIfAborted();
      } catch (error) {
        stop(report);
        throw error;
      }
      return () => stop(report);
    },
    async restFor(act) {
      await listenOwed();
      isResting = true;
      restingSinceMs = performance.now();
      try {
        await settle();
        return await act();
      } finally {
        isResting = false;
        const forMs = performance.now() - restingSinceMs;
        restedMs += forMs;
        owedMs = Math.min(owedMs + listenPerRest * forMs, owedMsMax);
        settle().catch(() => {});
      }
    },
    restedMs: () => restedMs + (isResting ? performance.now() - restingSinceMs : 0),
  };
}

const never = new AbortController().signal;

async function command(open: OpenHci, isOn: boolean): Promise<void> {
  const { hci } = open;
  const done: Promise<unknown> = isOn ? scanStarted(open) : EventEmitter.once(hci, 'leScanEnableSet');
  if (isOn) hci.setScanParameters();
  hci.setScanEnabled(isOn, false);
  try {
    await answered(open, done, never);
  } catch (error) {
    // Others may still hear by it; but it takes no command any more until it is opened anew.
    if (error instanceof TransportError) open.lose(error);
    throw error;
  }
}

/** A refusal is waited out: replies to earlier scan commands look the same. */
function scanStarted({ hci }: OpenHci): Promise<void> {
  return new Promise((resolve) => {
    const answer = (status: number): void => {
      if (status !== 0) return;
      hci.off('leScanEnableSet', answer);
      resolve();
    };
    hci.on('leScanEnableSet', answer);
  });
}
