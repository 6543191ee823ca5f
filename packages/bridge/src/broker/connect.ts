// The hook of aedes at a CONNECT, before anyone is known: no session is kept.

import type { AedesOptions, Client } from 'aedes';

interface Connects {
  readonly preConnect: Required<AedesOptions>['preConnect'];
  /** Topic of the will that a client brought. */
  willOf(client: Client): string | undefined;
}

export function createConnects(report: (text: string) => void): Connects {
  const wills = new WeakMap<Client, string>();
  let saidSession = false;
  return {
    willOf: (client) => wills.get(client),
    preConnect: (client, packet, done) => {
      // Messages for a subscriber that is away would be queued in memory without a bound.
      if (!packet.clean && !saidSession) {
        saidSession = true;
        report(
          `Client ${packet.clientId} asks the embedded broker to keep its session; it keeps none: what is published while a subscriber is away does not reach it.`,
        );
      }
      packet.clean = true;
      if (packet.will !== undefined) wills.set(client, packet.will.topic);
      done(null, true);
    },
  };
}
