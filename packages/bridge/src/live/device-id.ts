// The id of a device in addresses of the web: readable, safe in a URL, the same for ever.

import { createHash } from 'node:crypto';
import { parseTopic, type ReadingTopic } from '@wattline/protocols';
import type { SeriesKey } from '../message.ts';

/** Hex digits of the digest: two of 10,000 devices share an id once in 20,000 sites, and only if they share the name. */
const digestDigits = 10;
const nameLengthMax = 40;

/** The name, and a digest of topic and agent that keeps namesakes apart. */
export function deviceId({ topic, agent }: SeriesKey): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([topic, agent]))
    .digest('hex');
  const name = topicParts(topic).name.replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  return `${name.slice(0, nameLengthMax)}-${digest.slice(0, digestDigits)}`;
}

/** Vendor, type and name; of a topic of another program its first, second last and last level. */
export function topicParts(topic: string): ReadingTopic {
  const parsed = parseTopic(topic);
  if (parsed !== undefined) return parsed;
  const levels = topic.split('/').filter((level) => level !== '');
  return { vendor: levels.at(0) ?? '', type: levels.at(-2) ?? '', name: levels.at(-1) ?? topic };
}
