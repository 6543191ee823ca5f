// Hears Bluetooth advertisements in this process. Manufacturer data of the wanted companies become packets, each once as
// it was heard; names, which come in scan responses, are remembered by address.

import type { Moment } from '../reading/device.ts';
import { type Receiver, TransportError } from '../transport.ts';
import { readAdvertisingData } from './advertising-data.ts';
import type { AdapterChoice } from './controller.ts';
import { type AdvertisingReport, openScanner, type Scanner } from './noble-hci.ts';
import { createPacketBuffer, type PacketBuffer } from './packet-buffer.ts';

interface BluetoothOptions {
  /** Asked at each opening, because adapters come and go. @throws TransportError */
  readonly adapter: () => AdapterChoice;
  /** Company ids; packets of others are not handed over. Default: all. */
  readonly companies?: readonly number[];
  readonly now: () => Moment;
  /** The controller confirmed that it scans. */
  readonly listening?: (adapterAddress: string) => void;
}

/** Names of devices heard; phones change their address every quarter of an hour. */
const namesMax = 1024;

export function bluetoothReceiver(options: BluetoothOptions): Receiver {
  const counts = { reports: 0, packets: 0, dropped: 0, malformed: 0 };
  return {
    counters: () => counts,
    async *packets(signal) {
      const buffer = createPacketBuffer(() => counts.dropped++);
      let scanner: Scanner | undefined;
      try {
        scanner = await chosenScanner(options.adapter(), () => counts.malformed++, signal);
        await scanner.scan(hearing(options, counts, buffer), buffer.fail);
        options.listening?.(scanner.address);
        yield* buffer.drain(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await scanner?.close();
      }
    },
  };
}

/** The first adapter that opens, or the one with the wanted address. */
async function chosenScanner(
  { address, candidates }: AdapterChoice,
  malformed: () => void,
  signal: AbortSignal,
): Promise<Scanner> {
  const others: string[] = [];
  for (const open of candidates) {
    try {
      const scanner = await openScanner(await open(signal), malformed, signal);
      if (address === undefined || scanner.address === address) return scanner;
      others.push(`one with the address ${scanner.address}`);
      await scanner.close();
    } catch (error) {
      if (address === undefined || !(error instanceof TransportError)) throw error;
      others.push(error.message);
    }
  }
  const found = others.length === 0 ? 'there is none at all' : `there is: ${others.join('; ')}`;
  throw new TransportError('absent', `no Bluetooth adapter with the address ${address}; ${found}`);
}

function hearing(
  { companies, now }: BluetoothOptions,
  counts: { reports: number; packets: number },
  buffer: PacketBuffer,
): (report: AdvertisingReport) => void {
  const wanted = companies && new Set(companies);
  const names = new Map<string, string>();
  return ({ address, data, rssi }) => {
    counts.reports++;
    const heard = readAdvertisingData(data);
    if (heard.name !== undefined) rememberName(names, address, heard.name);
    for (const { company, payload } of heard.manufacturer) {
      if (wanted?.has(company) === false) continue;
      counts.packets++;
      const name = names.get(address);
      const packet = { source: company, payload, address, rssi, moment: now() };
      buffer.push(name === undefined ? packet : { ...packet, name });
    }
  };
}

function rememberName(names: Map<string, string>, address: string, name: string): void {
  if (names.get(address) === name) return;
  names.delete(address);
  names.set(address, name);
  const [oldest] = names.keys();
  if (names.size > namesMax && oldest !== undefined) names.delete(oldest);
}
