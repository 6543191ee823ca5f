// From Bluetooth advertisements to packets: manufacturer data of the wanted companies, each once as it was heard. Names,
// which come in scan responses, are remembered by address.

import type { Advertiser, Moment } from '../transport.ts';
import { readAdvertisingData } from './advertising-data.ts';
import type { PacketBuffer } from './packet-buffer.ts';
import type { AdvertisingReport } from './scanning.ts';

interface Hearing {
  /** Company ids; packets of others are not handed over. Default: all. */
  readonly companies?: readonly number[];
  readonly now: () => Moment;
  /** Told of everybody, for each report. */
  readonly noted?: (advertiser: Advertiser) => void;
}

/** Names of devices heard; phones change their address every quarter of an hour. */
const namesMax = 1024;

/** From reports to packets; names are remembered from one to the next. */
export function hearing(
  { companies, now, noted }: Hearing,
  counts: { reports: number; packets: number },
  buffer: PacketBuffer,
): (report: AdvertisingReport) => void {
  const wanted = companies && new Set(companies);
  const names = new Map<string, string>();
  return ({ address, data, rssi }) => {
    counts.reports++;
    const heard = readAdvertisingData(data);
    if (heard.name !== undefined) rememberName(names, address, heard.name);
    const known = names.get(address);
    noted?.({ address, rssi, services: heard.services, ...(known === undefined ? {} : { name: known }) });
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
