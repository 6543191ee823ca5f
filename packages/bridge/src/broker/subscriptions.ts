// The hook of aedes at a SUBSCRIBE: a refusal is a return code of its own (SUBACK 0x80), the connection goes on.

import type { AedesOptions, Client } from 'aedes';
import { topicBytesMax } from '../ingest/ingest.ts';
import type { Clients } from './admission.ts';
import type { Refusals } from './refusals.ts';

/** More than any dashboard asks for. */
const subscriptionsMax = 1_000;

interface Subscriptions {
  readonly authorizeSubscribe: Required<AedesOptions>['authorizeSubscribe'];
  unsubscribed(client: Client, filters: readonly string[]): void;
}

export function createSubscriptions(
  clients: Pick<Clients, 'rightsOf' | 'nameOf'>,
  { refuse }: Refusals,
): Subscriptions {
  const filtersOf = new WeakMap<Client, Set<string>>();
  const problemOf = (client: Client, filter: string, own: ReadonlySet<string>): string | undefined => {
    if (!clients.rightsOf(client).mayRead(filter)) return 'this user may not read it';
    if (filter.length > topicBytesMax) return `it is longer than ${topicBytesMax} bytes`;
    if (own.size >= subscriptionsMax && !own.has(filter))
      return `there are ${subscriptionsMax} subscriptions already`;
    return undefined;
  };
  return {
    authorizeSubscribe: (client, subscription, done) => {
      const { topic } = subscription;
      const own = filtersOf.get(client) ?? new Set<string>();
      filtersOf.set(client, own);
      const problem = problemOf(client, topic, own);
      if (problem === undefined) {
        own.add(topic);
        return done(null, subscription);
      }
      const name = clients.nameOf(client);
      const text = `${name} may not subscribe to ${topic.slice(0, 100)}: ${problem}`;
      refuse('subscribe', `${name} ${problem}`, text);
      done(null, null);
    },
    unsubscribed: (client, filters) => {
      for (const filter of filters) filtersOf.get(client)?.delete(filter);
    },
  };
}
