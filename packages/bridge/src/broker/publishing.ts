// The hook of aedes before a publish is acknowledged: what is to be stored is stored first.

import type { AedesOptions } from 'aedes';
import { topicBytesMax } from '../ingest/ingest.ts';
import { matchesTopic } from '../ingest/topics.ts';
import type { Intake } from '../intake/intake.ts';
import type { Verdict } from '../message.ts';
import type { Clients } from './admission.ts';
import type { Pace } from './pace.ts';
import type { Retained } from './persistence.ts';
import { type Refusals, RefusedError } from './refusals.ts';
import type { Roster } from './roster.ts';

type Authorize = Required<AedesOptions>['authorizePublish'];

interface PublishingOptions {
  readonly intake: Pick<Intake, 'offer'>;
  readonly isLogged: (topic: string) => boolean;
  readonly retained: Retained;
  readonly clients: Pick<Clients, 'rightsOf' | 'nameOf'>;
  readonly pace: Pace;
  readonly refusals: Refusals;
  readonly roster: Pick<Roster, 'heard'>;
  readonly nowMs: () => number;
}

/** Also of the broker's own messages. */
export const noRoom = 'There are too many retained messages; this one was passed on but not retained.';

/**
 * MQTT 3.1.1 knows two answers to a publish: the acknowledgement, and the end of the connection. What is not allowed
 * ends it, so that its sender knows and keeps it.
 */
export function storeBeforeAcknowledging(options: PublishingOptions): Authorize {
  const { intake, isLogged, retained, clients, pace, refusals, roster, nowMs } = options;

  const accept: Authorize = (client, packet, done) => {
    const { topic } = packet;
    const { onlyAgent } = clients.rightsOf(client);
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const keep = (): void => {
      if (packet.retain) {
        if (retained.keep({ topic, payload, qos: packet.qos }, done)) return;
        packet.retain = false;
        refusals.refuse('retained', '', noRoom);
      }
      done();
    };
    if (!isLogged(topic)) {
      keep();
      return;
    }
    const message = { topic, payload, receivedMs: nowMs(), retained: false };
    intake.offer(onlyAgent === undefined ? message : { ...message, onlyAgent }, (verdict) => {
      const why = onlyAgent === undefined ? undefined : foreignWords(verdict);
      if (why !== undefined) {
        const name = clients.nameOf(client);
        refusals.refuse('foreign_agent', `${name} ${topic}`, `${name} on ${topic}: ${why}`);
        return done(new RefusedError(why));
      }
      // What is no reading may not take the place of another's that is retained.
      if (onlyAgent !== undefined && verdict.is === 'aside') packet.retain = false;
      keep();
    });
  };

  return (client, packet, done) => {
    const { topic } = packet;
    roster.heard(client);
    if (topic.startsWith('$') || /[\0+#]/.test(topic))
      return done(new Error(`topic ${topic.slice(0, 100)} is not allowed`));
    if (!clients.rightsOf(client).mayPublish(topic, isReadingTopic(isLogged, topic))) {
      const shown = topic.slice(0, 100);
      const name = clients.nameOf(client);
      const text = `${name} may not publish on ${shown}: it is not this user's, or not among the bridge's topics`;
      refusals.refuse('publish', `${name} ${shown}`, text);
      return done(new RefusedError(text));
    }
    if (pace.take(client, () => accept(client, packet, done))) return;
    const name = clients.nameOf(client);
    const text = `${name} publishes faster than broker.limits.rate allows and is slowed down`;
    refusals.refuse('slowed', name, text);
  };
}

const foreignWords = (verdict: Verdict): string | undefined =>
  verdict.is === 'aside' && verdict.reason === 'foreign_agent' ? verdict.detail : undefined;

/** Agents' states and commands are logged too, and have rules of their own. */
export const isReadingTopic = (isLogged: (topic: string) => boolean, topic: string): boolean =>
  isLogged(topic) && !topic.startsWith('wattline/');

/** Topics that were matched are remembered, because a device publishes on the same one for ever. */
export function createTopicTest(filters: readonly string[]): (topic: string) => boolean {
  const rememberedMax = 10_000;
  const known = new Map<string, boolean>();
  const match = (topic: string): boolean => filters.some((filter) => matchesTopic(filter, topic));
  return (topic) => {
    if (topic.length > topicBytesMax) return match(topic);
    let matches = known.get(topic);
    if (matches === undefined) {
      matches = match(topic);
      if (known.size >= rememberedMax) known.clear();
      known.set(topic, matches);
    }
    return matches;
  };
}
