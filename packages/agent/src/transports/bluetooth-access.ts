// Which way a Bluetooth adapter is reached: alone, on the HCI user channel, or beside others, through BlueZ. What has to be
// bonded needs BlueZ; where the choice is free, the user channel hears and connects better.

import { existsSync } from 'node:fs';
import { type Counters, type Receiver, TransportError } from '../transport.ts';
import type { AdapterChoice } from './adapter-choice.ts';
import type { BluetoothRadio } from './bluetooth-radio.ts';

export interface Access {
  readonly way: 'user-channel' | 'dbus';
  readonly why: string;
}

export const accessWords: { readonly [Way in Access['way']]: string } = {
  'user-channel': 'on the HCI user channel',
  dbus: 'through BlueZ',
};

interface AccessOptions {
  readonly wanted: 'auto' | Access['way'];
  readonly adapter: () => AdapterChoice;
  /** The controller is the kernel's, not one behind a stream of bytes. */
  readonly isKernels: boolean;
  /** Names of devices with a PIN. */
  readonly bonded: readonly string[];
  /** Default: the machine's. */
  readonly systemBus?: string;
}

const systemBusDefault = '/run/dbus/system_bus_socket';

/**
 * Decides by trying; what stands in the way of both is told by the way that is then taken.
 *
 * @param current is kept where nothing tells which way is better
 */
export async function chooseAccess(options: AccessOptions, current?: Access): Promise<Access> {
  const { wanted, adapter, isKernels, bonded, systemBus = systemBusDefault } = options;
  if (!isKernels) return { way: 'user-channel', why: 'only the kernel shares its adapters with BlueZ' };
  if (wanted !== 'auto') return { way: wanted, why: 'bluetooth.access says so' };
  if (bonded.length > 0) return { way: 'dbus', why: `${bonded.join(', ')} has a pin, and BlueZ keeps bonds` };
  if (!existsSync(systemBus)) return { way: 'user-channel', why: 'there is no BlueZ on this machine' };
  try {
    for (const open of adapter().candidates) await (await open(new AbortController().signal)).close();
    return { way: 'user-channel', why: 'the adapter is free and permitted' };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    if (error.code === 'shut') return { way: 'dbus', why: error.message };
    return current ?? { way: 'user-channel', why: error.message };
  }
}

/**
 * For so long a way stays shut before the other one is tried: a service that restarts, or a process of ours that is just
 * ending, is waited for and not robbed of the adapter.
 */
const shutMsMax = 10_000;
/** Shut again after so long is another time. */
const forgottenMs = 60_000;

interface ChosenOptions {
  readonly choose: (current?: Access) => Promise<Access>;
  /** Asked once for each way. */
  readonly open: (way: Access['way']) => Promise<BluetoothRadio>;
  /** Told when the way is another one than before. */
  readonly changed: (access: Access) => void;
  readonly uptimeMs: () => number;
}

interface Chosen {
  readonly access: Access;
  readonly radio: BluetoothRadio;
}

/** A radio by the way that is chosen at its first use, and again, at most every 10 s, while that way is shut. */
export function chosenRadio(options: ChosenOptions): BluetoothRadio {
  const { choose, open } = options;
  const opened = new Map<Access['way'], Promise<BluetoothRadio>>();
  const chosenBy = async (access: Access): Promise<Chosen> => {
    const radio = opened.get(access.way) ?? open(access.way);
    opened.set(access.way, radio);
    return { access, radio: await radio };
  };
  let chosen: Promise<Chosen> | undefined;
  const current = (): Promise<Chosen> => {
    chosen ??= choose().then(chosenBy);
    return chosen;
  };
  const reconsidering = createReconsidering(options.uptimeMs);
  let choosing: Promise<void> | undefined;
  let changes = 0;
  const chooseAgain = async ({ access }: Chosen): Promise<void> => {
    const found = await choose(access);
    if (found.way === access.way) return;
    chosen = chosenBy(found);
    changes++;
    options.changed(found);
  };
  /** Whether there is another way now than the one that failed. */
  const isOther = async (failed: Chosen, error: unknown): Promise<boolean> => {
    if (choosing === undefined && (await current()) === failed && reconsidering.isDue(error))
      choosing = chooseAgain(failed).finally(() => {
        choosing = undefined;
      });
    await choosing;
    return (await current()) !== failed;
  };
  return {
    receiver(companies, noted) {
      const receivers = new Map<Access['way'], Receiver>();
      return {
        counters: () => ({ ...sumOf([...receivers.values()]), changes }),
        async *packets(signal) {
          for (;;) {
            const used = await current();
            const { way } = used.access;
            const receiver = receivers.get(way) ?? used.radio.receiver(companies, noted);
            receivers.set(way, receiver);
            try {
              for await (const packet of receiver.packets(signal)) {
                reconsidering.works();
                yield packet;
              }
              return;
            } catch (error) {
              if (signal.aborted || !(await isOther(used, error))) throw error;
            }
          }
        },
      };
    },
    connect: (way) => async (signal, turn) => {
      const used = await current();
      try {
        const link = await used.radio.connect(way)(signal, turn);
        reconsidering.works();
        return link;
      } catch (error) {
        if (signal.aborted || !(await isOther(used, error))) throw error;
        return (await current()).radio.connect(way)(signal, turn);
      }
    },
  };
}

function createReconsidering(uptimeMs: () => number) {
  let sinceMs: number | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    works(): void {
      sinceMs = undefined;
    },
    /** Whether it has been shut for so long that the other way is to be tried. */
    isDue(error: unknown): boolean {
      if (!(error instanceof TransportError) || error.code !== 'shut') return false;
      const nowMs = uptimeMs();
      if (nowMs - lastMs > forgottenMs) sinceMs = undefined;
      lastMs = nowMs;
      sinceMs ??= nowMs;
      if (nowMs - sinceMs < shutMsMax) return false;
      sinceMs = undefined;
      return true;
    },
  };
}

function sumOf(receivers: readonly Receiver[]): Counters {
  const sums: Record<string, number> = {};
  for (const receiver of receivers)
    for (const [what, count] of Object.entries(receiver.counters())) sums[what] = (sums[what] ?? 0) + count;
  return sums;
}
