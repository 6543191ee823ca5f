// Which way a Bluetooth adapter is reached: alone, on the HCI user channel, or beside others, through BlueZ. What has to be
// bonded needs BlueZ; where the choice is free, the user channel hears and connects better.

import { existsSync } from 'node:fs';
import { type Receiver, TransportError } from '../transport.ts';
import type { BluetoothRadio } from './bluetooth-radio.ts';
import type { AdapterChoice } from './controller.ts';

export interface Access {
  readonly way: 'user-channel' | 'dbus';
  readonly why: string;
}

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

/** Decides by trying; what stands in the way of both is told by the way that is then taken. */
export async function chooseAccess(options: AccessOptions): Promise<Access> {
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
    const isShut = error.code === 'busy' || error.code === 'denied';
    return { way: isShut ? 'dbus' : 'user-channel', why: error.message };
  }
}

/** A radio that is chosen at its first use. */
export function chosenRadio(choose: () => Promise<BluetoothRadio>): BluetoothRadio {
  let chosen: Promise<BluetoothRadio> | undefined;
  const radio = (): Promise<BluetoothRadio> => {
    chosen ??= choose();
    return chosen;
  };
  return {
    receiver(companies, noted) {
      let receiver: Receiver | undefined;
      return {
        counters: () => receiver?.counters() ?? {},
        async *packets(signal) {
          receiver ??= (await radio()).receiver(companies, noted);
          yield* receiver.packets(signal);
        },
      };
    },
    connect: (way) => async (signal, turn) => (await radio()).connect(way)(signal, turn),
  };
}
