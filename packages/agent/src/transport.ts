// Ways of reaching devices: a receiver hears packets, a link carries bytes both ways. Transports know no protocol.

import type { Medium, Packet } from '@wattline/protocols';

/** One moment on both clocks. */
export interface Moment {
  /** ms since 1970, as far as the machine knows. */
  readonly wallMs: number;
  /** ms since the machine started; never steps. */
  readonly uptimeMs: number;
}

/** A packet with what the medium knows about it. */
export interface HeardPacket extends Packet {
  /** Upper case, with colons; empty on a bus, where only the identifier tells who speaks. */
  readonly address: string;
  /** dBm; 0 on a bus. */
  readonly rssi: number;
  /** What the device calls itself on the air, once it has said so. */
  readonly name?: string;
  /** When it was heard, which may be earlier than when it is handed over. */
  readonly moment: Moment;
}

/** Somebody who advertises, whatever is sent. */
export interface Advertiser {
  /** Upper case, with colons. */
  readonly address: string;
  /** dBm. */
  readonly rssi: number;
  /** As far as it was heard yet. */
  readonly name?: string;
  /** Ids of services that this packet tells. */
  readonly services: readonly string[];
}

/** Hears packets, asks nobody. */
export interface Receiver {
  /**
   * Opens the medium, hands over packets in the order heard and closes the medium when the iteration ends. An abort
   * ends it at once and without an error. Packets wait for a slow consumer up to a bound; beyond it, of each address
   * and source the newest stays.
   *
   * @throws TransportError when the medium cannot be opened or is lost.
   */
  packets(signal: AbortSignal): AsyncIterable<HeardPacket>;
  /** Since the start of the program. */
  counters(): Counters;
}

/** A CAN bus, and how it is heard. */
export interface BusWay {
  /** A CAN interface of the kernel (`can0`), or the path of a serial port with an adapter. */
  readonly port: string;
  /** What the adapter on a serial port speaks. */
  readonly adapter: 'usb-can-a' | 'slcan';
  readonly bitRate: number;
  /** The adapter neither acknowledges frames nor reports errors on the bus. */
  readonly isListenOnly: boolean;
  /** Says each second what an inverter says, until one is heard. Never together with listening only. */
  readonly keepsAlive: boolean;
}

/** A two-way pipe of bytes. After an error it is broken: close it and connect again. */
export interface Link {
  /** Forgets what was received before, because answers do not always name their question. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * The next chunk, however the medium cut it. One read at a time. Where characteristics are read, an empty one says that
   * the device does not have this one.
   *
   * @throws TransportError when the link is lost; the signal's reason when it aborts.
   */
  read(signal: AbortSignal): Promise<Uint8Array>;
  /** May be called at any time and again. */
  close(): Promise<void>;
}

/** Where devices share a radio, one at a time is connected to, the most overdue first. */
export interface Turn {
  /** When the read was due that it is for, on any one clock. */
  readonly dueMs: number;
  /** Told that it waits for others, which may take long, and that its own turn has begun. Media without turns tell nothing. */
  readonly waits?: (isWaiting: boolean) => void;
}

/** @throws TransportError when the device cannot be reached; the signal's reason when it aborts. */
export type Connect = (signal: AbortSignal, turn?: Turn) => Promise<Link>;

/** A device that is connected to by Bluetooth; the first medium is taken whose characteristics it has. */
export interface GattWay {
  /** Upper case, with colons. */
  readonly address: string;
  readonly media: readonly GattMedium[];
  /** Of the bond that it demands. */
  readonly passkey?: number;
}

/** How a USB HID device takes its requests. */
export type HidReports = Pick<Extract<Medium, { medium: 'hid' }>, 'reportBytes' | 'reportPauseMs'>;

export type GattMedium = Extract<Medium, { medium: 'gatt' | 'gatt-values' }>;

export type Counters = { readonly [what: string]: number };

/**
 * `absent`: nothing there under that name · `denied`: not allowed · `busy`: held by another program · `lost`: was there,
 * is gone · `unusable`: there, but does not work as needed · `shut`: an adapter is there, but not to be had this way: held by
 * another program, not permitted, or the service that shares it is not there.
 */
export type TransportErrorCode = 'absent' | 'denied' | 'busy' | 'lost' | 'unusable' | 'shut';

/** The way to a device is broken. The message says what to do about it. */
export class TransportError extends Error {
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string) {
    super(message);
    this.name = 'TransportError';
    this.code = code;
  }
}
