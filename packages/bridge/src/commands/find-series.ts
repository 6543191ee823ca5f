// A device by the word that a person typed.

import { UsageError } from '@wattline/program';
import { deviceId, topicParts } from '../live/device-id.ts';
import type { SeriesKey } from '../message.ts';
import { openReader } from '../store.ts';

/** By id, by topic, or by a name that only one device has. @throws UsageError */
export function findSeries(file: string, word: string): SeriesKey {
  const database = openReader(file);
  const all = database
    .prepare('SELECT topic, agent FROM log_series WHERE joined IS NULL ORDER BY id')
    .all()
    .map(({ topic, agent }): SeriesKey => ({ topic: String(topic), agent: String(agent) }));
  database.close();
  const isMeant = (key: SeriesKey) =>
    word === deviceId(key) || word === key.topic || word === topicParts(key.topic).name;
  const [found, second] = all.filter(isMeant);
  if (found === undefined) {
    throw new UsageError(
      `there is no device ${word}; there are ${all.map(({ topic }) => topicParts(topic).name).join(', ') || 'none'}`,
    );
  }
  if (second !== undefined) {
    const ids = all.filter(isMeant).map((key) => `${deviceId(key)} (${key.topic} of ${key.agent})`);
    throw new UsageError(`several devices are called ${word}: say one of ${ids.join(', ')}`);
  }
  return found;
}
