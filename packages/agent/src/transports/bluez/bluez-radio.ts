// The radio through BlueZ. Advertisements are taken from its signals only, never from what it remembers: it keeps the last
// manufacturer data of a device that does not send any more.

import type { Moment, Receiver } from '../../transport.ts';
import type { BluetoothRadio } from '../bluetooth-radio.ts';
import { createPacketBuffer } from '../packet-buffer.ts';
import { addressIn, openBlueZ, type Properties } from './bluez.ts';
import { adapterFor, bluezLink } from './bluez-link.ts';
import { discover, lossOf } from './discovery.ts';

interface BlueZRadioOptions {
  /** hciN or an adapter's own address; absent: the first adapter that BlueZ has. */
  readonly adapter?: string;
  readonly now: () => Moment;
  /** Of the D-Bus; default: the machine's. */
  readonly bus?: string;
  readonly open?: typeof openBlueZ;
}

export function createBlueZRadio(options: BlueZRadioOptions): BluetoothRadio {
  const { now, ...place } = options;
  return {
    receiver: (companies) => receiver(options, companies),
    connect: (way) => bluezLink({ ...place, ...way }),
  };
}

function receiver(options: BlueZRadioOptions, companies: readonly number[] | undefined): Receiver {
  const { open = openBlueZ } = options;
  const counts = { reports: 0, packets: 0, dropped: 0, malformed: 0 };
  const strengths = new Map<string, number>();
  return {
    counters: () => counts,
    async *packets(signal) {
      const bluez = await open(options.bus);
      let discovery: Awaited<ReturnType<typeof discover>> | undefined;
      const buffer = createPacketBuffer(() => counts.dropped++);
      try {
        const path = `/org/bluez/${await adapterFor(bluez, options.adapter)}`;
        bluez.onLost(buffer.fail);
        await bluez.watch(path, (device, changed) => {
          const address = addressIn(device);
          // What a device that is connected says tells nothing about hearing.
          if (address === undefined || !('RSSI' in changed || 'ManufacturerData' in changed)) return;
          counts.reports++;
          const rssi = strengthOf(strengths, address, changed);
          for (const { company, payload } of manufacturerData(changed)) {
            if (companies?.includes(company) === false) continue;
            counts.packets++;
            buffer.push({ source: company, payload, address, rssi, moment: options.now() });
          }
        });
        discovery = await discover(bluez, path, () => counts.reports, buffer.fail);
        yield* buffer.drain(signal);
      } catch (error) {
        throw lossOf(error);
      } finally {
        await discovery?.stop();
        bluez.close();
      }
    },
  };
}

const strengthsMax = 1024;

/** BlueZ tells it only when it changed. */
function strengthOf(strengths: Map<string, number>, address: string, { RSSI: rssi }: Properties): number {
  if (typeof rssi === 'number') strengths.set(address, rssi);
  const [oldest] = strengths.keys();
  if (strengths.size > strengthsMax && oldest !== undefined) strengths.delete(oldest);
  return strengths.get(address) ?? 0;
}

/** Pairs of company id and payload: keys that are numbers make no object of a D-Bus dictionary. */
function manufacturerData({
  ManufacturerData: data,
}: Properties): { readonly company: number; readonly payload: Uint8Array }[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap(([company, payload]) =>
    payload instanceof Uint8Array ? [{ company: Number(company), payload: Uint8Array.from(payload) }] : [],
  );
}
