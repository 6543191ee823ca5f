// What a bridge is told: everything typed, durations in milliseconds, sizes in bytes, paths absolute.

import type { HostPort, Secret } from '@wattline/program';
import type { Retention } from '../tiers/tier.ts';

export interface BridgeConfiguration {
  readonly broker: BrokerConfiguration;
  /** MQTT topic filters. */
  readonly topics: readonly string[];
  readonly store: StoreConfiguration;
  readonly sinks: readonly SinkConfiguration[];
  readonly web: WebConfiguration;
  readonly site: SiteConfiguration;
  /** Said by the operator: whoever reaches broker or page may use them. */
  readonly allowsAnonymous: boolean;
}

export type BrokerConfiguration =
  | ({ readonly is: 'embedded' } & HostPort)
  | ({ readonly is: 'external' } & ExternalBroker);

export interface ExternalBroker extends HostPort {
  readonly isTls: boolean;
  /** Certificates to trust instead of the system's. */
  readonly caFile?: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly clientId: string;
  /** Of a shared subscription. */
  readonly group?: string;
}

export interface StoreConfiguration {
  readonly path: string;
  readonly sizeBytesMax: number;
  readonly retention: Retention;
}

export interface SinkConfiguration {
  readonly name: string;
  readonly type: 'influxdb2';
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: Secret;
  /** Whether missing buckets are made. */
  readonly createsBuckets: boolean;
}

interface WebConfiguration extends HostPort {
  /** Names the page answers to beside those of the machine itself. */
  readonly hosts: readonly string[];
}

interface SiteConfiguration {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
}
