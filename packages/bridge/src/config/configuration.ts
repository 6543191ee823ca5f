// What a bridge is told: everything typed, durations in milliseconds, sizes in bytes, paths absolute.

import type { HostPort, Secret } from '@wattline/program';
import type { AlertLevel } from '../alerts/alert.ts';
import type { BrokerLimits } from '../broker/broker.ts';
import type { CertificateFiles } from '../certificate.ts';
import type { ReplacedPrograms } from '../ingest/replaced.ts';
import type { Retention } from '../tiers/tier.ts';

export interface BridgeConfiguration {
  readonly broker: BrokerConfiguration;
  /** MQTT topic filters. */
  readonly topics: readonly string[];
  readonly store: StoreConfiguration;
  readonly sinks: readonly SinkConfiguration[];
  readonly web: WebConfiguration;
  readonly site: SiteConfiguration;
  /** Absent: nobody is told of troubles. */
  readonly alerts?: AlertsConfiguration;
  readonly replacedPrograms: ReplacedPrograms;
  /** Said by the operator: whoever reaches broker or page may use them. */
  readonly allowsAnonymous: boolean;
}

export type BrokerConfiguration =
  | ({ readonly is: 'embedded' } & EmbeddedBroker)
  | ({ readonly is: 'external' } & ExternalBroker);

export interface EmbeddedBroker extends HostPort {
  readonly tls?: CertificateFiles;
  readonly limits: BrokerLimits & {
    /** Messages that may wait for the disk, of all clients. */
    readonly pendingMax: number;
  };
}

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

interface AnySink {
  readonly name: string;
  /** Whether it begins with all that is kept, when it is new. */
  readonly fromBeginning: boolean;
}

export interface InfluxDb2Configuration extends AnySink {
  readonly type: 'influxdb2';
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: Secret;
  /** Whether missing buckets are made. */
  readonly createsMissing: boolean;
}

export interface InfluxDb1Configuration extends AnySink {
  readonly type: 'influxdb1';
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Whether a missing database and missing policies are made. */
  readonly createsMissing: boolean;
}

export interface FilesConfiguration extends AnySink {
  readonly type: 'csv' | 'jsonl';
  readonly path: string;
  /** `null`: for ever. */
  readonly keepMs: number | null;
  readonly compresses: boolean;
}

export type SinkConfiguration = InfluxDb2Configuration | InfluxDb1Configuration | FilesConfiguration;

export interface WebConfiguration extends HostPort {
  /** Names the page answers to beside those of the machine itself. */
  readonly hosts: readonly string[];
  readonly tls?: CertificateFiles;
}

interface SiteConfiguration {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
}

export interface AlertsConfiguration {
  /** Alerts are published below it. */
  readonly topic?: string;
  readonly webhook?: Secret<URL>;
  readonly holdMs: number;
  readonly levels: readonly AlertLevel[];
}
