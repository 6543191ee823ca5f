// What an agent is told: everything typed, durations in milliseconds, sizes in bytes, paths absolute.

import type { HostPort, Secret } from '@wattline/program';
import type { DeviceDefinition } from '@wattline/protocols';
import type { ScaleBy } from '../reading/device.ts';
import type { Night } from '../reading/night.ts';
import type { LimitsBy } from '../reading/plausible.ts';
import type { BusWay } from '../transport.ts';

export interface AgentConfiguration {
  readonly agent: string;
  readonly site?: string;
  readonly mqtt: MqttConfiguration;
  readonly homeAssistant: boolean;
  readonly outbox: OutboxConfiguration;
  readonly bluetooth: BluetoothConfiguration;
  /** How long `once` may take. */
  readonly deadlineMs: number;
  /** How often something starts `once`. */
  readonly wakeEveryMs?: number;
  /** When devices are asked at their night interval. */
  readonly night: Night;
  readonly devices: readonly DeviceConfiguration[];
}

export interface MqttConfiguration extends HostPort {
  readonly isTls: boolean;
  /** Certificates to trust instead of the system's. */
  readonly caFile?: string;
  readonly version: 'auto' | '5' | '3.1.1';
  readonly retain: boolean;
  readonly username?: string;
  readonly password?: Secret;
}

interface OutboxConfiguration {
  readonly path: string;
  readonly sizeBytesMax: number;
  readonly ageMsMax: number;
}

interface BluetoothConfiguration {
  /** Absent: the machine's only or first one. */
  readonly adapter?: Adapter;
  readonly access: 'auto' | 'user-channel' | 'dbus';
  readonly library: 'stoprocent' | 'abandonware';
}

export type Adapter =
  | { readonly by: 'address'; readonly address: string }
  | { readonly by: 'index'; readonly index: number }
  /** A controller that is reached as a stream of H4 packets. */
  | ({ readonly by: 'tcp' } & HostPort)
  | { readonly by: 'uart'; readonly path: string };

export interface DeviceConfiguration {
  /** Its place in the file, from 0. */
  readonly index: number;
  readonly name: string;
  readonly definition: DeviceDefinition;
  /** First topic level. */
  readonly vendor: string;
  /** Second topic level; absent: the kind of what it sends. */
  readonly type?: string;
  /** `AA:BB:CC:DD:EE:FF`. */
  readonly address?: string;
  readonly port?: string;
  /** Of a device on a CAN bus. */
  readonly bus?: Omit<BusWay, 'port'>;
  /** A recording to be used instead of the device. */
  readonly replay?: string;
  /** The bytes of the key, password or PIN. */
  readonly secret?: Secret<Uint8Array>;
  /** Of a Bluetooth bond; such a device is read through BlueZ. */
  readonly passkey?: Secret<number>;
  readonly intervalMs: number;
  readonly nightIntervalMs?: number;
  /** What its values can be, beside the limits of their units. */
  readonly limits?: LimitsBy;
  /** Of counters in another unit than the definition's. */
  readonly scale?: ScaleBy;
  /** Whether the link to a device that is asked stays open; absent: as it is best for its medium. */
  readonly keepsConnected?: boolean;
  /** What it tells of other units is not read: they have links of their own. */
  readonly isAlone?: true;
}
