// One Bluetooth adapter in this process for all that need it: it hears, and connects to one device after the other. It is
// opened for the first of them and closed with the last; once lost, it is opened anew for the next.

import { createTurns } from '../reading/turns.ts';
import {
  type Advertiser,
  type Connect,
  type GattWay,
  type Moment,
  type Receiver,
  TransportError,
} from '../transport.ts';
import type { AdapterChoice } from './adapter-choice.ts';
import { hearing } from './advertisements.ts';
import { type Air, heardMsDefault, openConnection } from './gatt-connection.ts';
import { type CreateHci, type OpenHci, openHci } from './noble-hci.ts';
import { createPacketBuffer } from './packet-buffer.ts';
import { createScanning } from './scanning.ts';
import { createSharedOpening } from './shared-opening.ts';

export interface BluetoothOptions {
  /** Asked at each opening, because adapters come and go. @throws TransportError */
  readonly adapter: () => AdapterChoice;
  readonly now: () => Moment;
  /** The controller confirmed that it scans. */
  readonly listening?: (adapterAddress: string) => void;
  /** How long a device is waited for that is to be connected to. Default 8 s. */
  readonly heardMs?: number;
  /** Default: noble's, as it is installed with the agent. */
  readonly createHci?: CreateHci;
}

export interface BluetoothRadio {
  /**
   * @param companies ids of those whose packets are handed over; default: all
   * @param noted told of everybody who advertises, where the radio is in this process
   */
  receiver(companies?: readonly number[], noted?: (advertiser: Advertiser) => void): Receiver;
  connect(way: GattWay): Connect;
}

export function createBluetoothRadio(options: BluetoothOptions): BluetoothRadio {
  const { adapter, now, listening, heardMs = heardMsDefault, createHci } = options;
  let malformed = 0;
  const { enter } = createSharedOpening<Air>({
    open: async (signal) => {
      const open = await openChosen(adapter(), () => malformed++, signal, createHci);
      return { open, scanning: createScanning(open), inTurn: createTurns(), heardMs };
    },
    gone: ({ open }) => open.gone,
    close: ({ open }) => open.close(),
  });
  return {
    receiver(companies, noted) {
      const counts = { reports: 0, packets: 0, dropped: 0 };
      return {
        counters: () => ({ ...counts, malformed }),
        async *packets(signal) {
          const buffer = createPacketBuffer(() => counts.dropped++);
          let stop: (() => void) | undefined;
          let entered: Awaited<ReturnType<typeof enter>> | undefined;
          try {
            entered = await enter(signal);
            const { open, scanning } = entered.opened;
            open.gone.catch(buffer.fail);
            const wanted = companies === undefined ? {} : { companies };
            const told = noted === undefined ? {} : { noted };
            stop = await scanning.listen(hearing({ ...wanted, ...told, now }, counts, buffer), signal);
            listening?.(open.address);
            yield* buffer.drain(signal);
          } catch (error) {
            if (!signal.aborted) throw error;
          } finally {
            stop?.();
            await entered?.leave();
          }
        },
      };
    },
    connect: (way) => async (signal, turn) => {
      const entered = await enter(signal);
      try {
        const link = await openConnection(entered.opened, way, signal, turn);
        return {
          ...link,
          async close() {
            await link.close();
            await entered.leave();
          },
        };
      } catch (error) {
        await entered.leave();
        throw error;
      }
    },
  };
}

/** The first adapter that opens, or the one with the wanted address. */
async function openChosen(
  { address, candidates }: AdapterChoice,
  malformed: () => void,
  signal: AbortSignal,
  createHci: CreateHci | undefined,
): Promise<OpenHci> {
  const others: string[] = [];
  for (const candidate of candidates) {
    try {
      const open = await openHci(await candidate(signal), malformed, signal, createHci);
      if (address === undefined || open.address === address) return open;
      others.push(`one with the address ${open.address}`);
      await open.close();
    } catch (error) {
      if (address === undefined || !(error instanceof TransportError)) throw error;
      others.push(error.message);
    }
  }
  const found = others.length === 0 ? 'there is none at all' : `there is: ${others.join('; ')}`;
  throw new TransportError('absent', `no Bluetooth adapter with the address ${address}; ${found}`);
}
