// The parts of the log, each over its own tables of the one store.

import type { Store } from '../store.ts';
import { type Asides, openAsides } from './asides.ts';
import { type Boots, openBoots } from './boots.ts';
import { type Counts, openCounts } from './counts.ts';
import { type Digests, openDigests } from './digests.ts';
import { type FieldTypes, openFieldTypes } from './field-types.ts';
import { type Groups, openGroups } from './groups.ts';
import { openSeries, type SeriesRegistry } from './series-registry.ts';
import { openStreams, type Streams } from './streams.ts';
import { openTopicStates, type TopicStates } from './topic-states.ts';
import { openWaiting, type Waiting } from './waiting.ts';

export interface Parts {
  readonly store: Store;
  readonly counts: Counts;
  readonly streams: Streams;
  readonly boots: Boots;
  readonly series: SeriesRegistry;
  readonly groups: Groups;
  readonly digests: Digests;
  readonly asides: Asides;
  readonly states: TopicStates;
  readonly waiting: Waiting;
  readonly fieldTypes: FieldTypes;
}

export function openParts(store: Store): Parts {
  const { database } = store;
  return {
    store,
    counts: openCounts(database),
    streams: openStreams(database),
    boots: openBoots(database),
    series: openSeries(database),
    groups: openGroups(database),
    digests: openDigests(database),
    asides: openAsides(database),
    states: openTopicStates(database),
    waiting: openWaiting(database),
    fieldTypes: openFieldTypes(database),
  };
}
