// One simulated Bluetooth device: what it advertises, its GATT server, and the faults it can be told to have.

import { EventEmitter } from 'node:events';
import { advertisingBytesMax, flagsStructure, nameStructure } from './advertising-payload.ts';
import type { Service } from './gatt-attributes.ts';
import { createGattServer, type GattServer } from './gatt-server.ts';

export interface PeripheralOptions {
  readonly address: string;
  readonly addressType?: 'public' | 'random';
  /** Sent in the scan response and by the GATT server. */
  readonly name?: string;
  /** At most 31 bytes; a function is asked at each advertising event. Default: flags only. */
  readonly advertising?: Buffer | (() => Buffer);
  /** Between advertising events; `Infinity`: only when told. Default 100. */
  readonly intervalMs?: number;
  /** dBm. Default -60. */
  readonly rssi?: number | (() => number);
  readonly connectable?: boolean;
  readonly mtuMax?: number;
  readonly services?: readonly Service[];
  /** How many of the next attempts to connect fail. */
  readonly failConnect?: number;
}

/** The peripheral's end of a connection. */
export interface PeripheralLink {
  /** Nothing arrives any more in either direction; the host notices by its supervision timeout. */
  lose(): void;
  close(reason: number): void;
}

export interface Peripheral {
  readonly name: string | undefined;
  readonly address: string;
  readonly addressType: 'public' | 'random';
  readonly intervalMs: number;
  readonly connectable: boolean;
  readonly scanResponse: Buffer;
  readonly gatt: GattServer;
  readonly events: EventEmitter<PeripheralEvents>;
  advertising(): Buffer;
  rssi(): number;
  /** Fault: how many of the next attempts to connect fail. */
  failConnect: number;
  /** Fault: the connection stands, the GATT server does not answer. */
  silent: boolean;
  /** `false` after `vanish`. */
  readonly present: boolean;
  /** Fault: out of reach; an open connection dies by its supervision timeout. */
  vanish(): void;
  reappear(): void;
  /** Fault: the device itself closes the connection. */
  hangUp(reason?: number): void;
  /** Sends one long answer as notifications of `size` bytes one after another, as battery modules do. */
  notifyPieces(uuid: string, data: Buffer, size?: number): void;
  /** Set by the radio while connected. */
  link: PeripheralLink | undefined;
}

export interface PeripheralEvents {
  connect: [];
  disconnect: [reason: number];
  subscribe: [uuid: string, value: number];
}

/** HCI error "Remote User Terminated Connection". */
const remoteEnded = 0x13;

export function createPeripheral(options: PeripheralOptions): Peripheral {
  const events = new EventEmitter<PeripheralEvents>();
  const { name, advertising = flagsStructure(), rssi = -60 } = options;
  const gatt = createGattServer({
    name: name ?? 'simulated',
    services: options.services ?? [],
    mtuMax: options.mtuMax ?? 247,
    onSubscribe: (uuid, value) => events.emit('subscribe', uuid, value),
  });
  let present = true;
  return {
    name,
    address: options.address.toLowerCase(),
    addressType: options.addressType ?? 'public',
    intervalMs: options.intervalMs ?? 100,
    connectable: options.connectable ?? true,
    scanResponse: fitting(name === undefined ? Buffer.alloc(0) : nameStructure(name), 'scan response'),
    gatt,
    events,
    advertising: () =>
      fitting(typeof advertising === 'function' ? advertising() : advertising, 'advertising'),
    rssi: () => (typeof rssi === 'function' ? rssi() : rssi),
    failConnect: options.failConnect ?? 0,
    silent: false,
    link: undefined,
    get present() {
      return present;
    },
    vanish() {
      present = false;
      this.link?.lose();
    },
    reappear() {
      present = true;
    },
    hangUp(reason = remoteEnded) {
      this.link?.close(reason);
    },
    notifyPieces(uuid, data, size = 20) {
      for (let start = 0; start < data.length; start += size) {
        if (!gatt.notify(uuid, data.subarray(start, start + size))) return;
      }
    },
  };
}

function fitting(data: Buffer, what: string): Buffer {
  if (data.length <= advertisingBytesMax) return data;
  throw new RangeError(
    `${what} data have ${data.length} bytes, a legacy packet carries ${advertisingBytesMax}`,
  );
}
