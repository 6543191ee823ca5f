// Where messages come in: the bridge's own broker, or a subscription at a foreign one. Behind this one door they are alike.

import { readFileSync } from 'node:fs';
import { isLoopback } from '@wattline/program';
import { startBroker } from './broker/broker.ts';
import { createGate } from './broker/gate.ts';
import { openCertificate } from './certificate.ts';
import type { BridgeConfiguration, EmbeddedBroker, ExternalBroker } from './config/configuration.ts';
import type { Intake } from './intake/intake.ts';
import type { Store } from './store.ts';
import { startSubscriber } from './subscriber/subscriber.ts';
import { createLocalDays } from './tiers/local-days.ts';
import type { Users } from './users/users.ts';
import type { BrokerView } from './web/status-views.ts';

export interface Front {
  view(): BrokerView;
  /** Why nothing comes in; `undefined` while all is well. */
  problem(): string | undefined;
  /** Resolves when the message is where it cannot be lost. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly configuration: BridgeConfiguration;
  readonly intake: Intake;
  readonly store: Store;
  readonly users: Users;
  readonly report: (text: string) => void;
  readonly nowMs: () => number;
}

/** @throws Error in words when the port cannot be had or the file of certificates cannot be read */
export function openFront(options: FrontOptions): Promise<Front> | Front {
  const { broker } = options.configuration;
  return broker.is === 'embedded' ? openBroker(options, broker) : openSubscription(options, broker);
}

async function openBroker(options: FrontOptions, embedded: EmbeddedBroker): Promise<Front> {
  const { configuration, intake, store, users, report, nowMs } = options;
  const { host, port, tls, limits } = embedded;
  const certificate = tls === undefined ? undefined : openCertificate('broker.tls', tls, report);
  const broker = await startBroker({
    ...{ host, port, limits, intake, store, nowMs, report },
    topics: configuration.topics,
    days: createLocalDays(configuration.site.timeZone),
    gate: createGate(users, configuration.allowsAnonymous || isLoopback(host)),
    ...(certificate === undefined ? {} : { certificate }),
  });
  const since = nowMs();
  return {
    view: () => {
      const { clients: latest, more } = broker.roster();
      return {
        kind: 'embedded',
        address: `${host}:${broker.port}`,
        connected: true,
        since,
        clients: broker.connections(),
        clients_seen: latest,
        clients_not_shown: more,
        refused: broker.refused(),
      };
    },
    problem: () => undefined,
    publish: broker.publish,
    close: async () => {
      certificate?.close();
      await broker.close();
    },
  };
}

function openSubscription(
  { configuration, intake, report, nowMs }: FrontOptions,
  broker: ExternalBroker,
): Front {
  const { clientId, group } = broker;
  const address = `${broker.host}:${broker.port}`;
  const subscriber = startSubscriber({
    ...connectionOf(broker),
    clientId,
    ...(group === undefined ? {} : { group }),
    topics: configuration.topics,
    intake,
    report,
    nowMs,
  });
  const problemOf = (): string | undefined => {
    const problem = subscriber.problem();
    return problem === undefined ? undefined : `Broker ${address}: ${problem}`;
  };
  return {
    view: () => {
      const problem = subscriber.problem();
      return {
        kind: 'external',
        address,
        connected: problem === undefined,
        ...(problem === undefined ? {} : { problem }),
      };
    },
    problem: problemOf,
    publish: subscriber.publish,
    close: subscriber.close,
  };
}

/** Where it is, and what it takes to be let in. @throws Error when the file of certificates cannot be read */
export function connectionOf({ host, port, isTls, username, password, caFile }: ExternalBroker) {
  return {
    url: `${isTls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
  };
}
