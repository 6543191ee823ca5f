// A device gets another name, becomes part of another, or goes: in the store, in one transaction.

import { namePattern } from '@wattline/protocols';
import { relabelAlarms, removeAlarms } from '../live/alarm-history.ts';
import { deviceId, topicParts } from '../live/device-id.ts';
import { joinLogSeries, NameTakenError, removeLogSeries } from '../log/series-join.ts';
import type { SqliteLog } from '../log/sqlite-log.ts';
import type { SeriesKey } from '../message.ts';
import type { Store } from '../store.ts';
import { EntangledError } from '../tiers/counter-runs.ts';
import type { TierWindows } from '../tiers/flush.ts';
import { countTierWindows, joinTierSeries, removeTierSeries } from '../tiers/join.ts';
import type { Tiers } from '../tiers/tiers.ts';

export type DeviceChange =
  | { readonly is: 'rename' | 'merge'; readonly from: SeriesKey; readonly into: SeriesKey }
  | { readonly is: 'delete'; readonly from: SeriesKey };

export interface ChangedStore {
  readonly store: Pick<Store, 'database' | 'transaction'>;
  readonly log: Pick<SqliteLog, 'series' | 'reloadSeries'>;
  readonly tiers: Pick<Tiers, 'flush' | 'reload' | 'accounts'>;
  /** The finest first. */
  readonly tierWindows: readonly TierWindows[];
}

/** It cannot be done; the message says why, and what can. */
export class ChangeRefused extends Error {}

/** First level of what agents say of themselves. */
const agentWord = 'wattline';
/** More readings that no window has yet are not waited for. */
const behindMax = 100_000;

/** `word`: a whole topic, or the last level of one. @throws ChangeRefused */
export function renamedTopic({ topic }: SeriesKey, word: string): string {
  const renamed = word.includes('/') ? word : [...topic.split('/').slice(0, -1), word].join('/');
  const levels = renamed.split('/');
  const isTopic = levels.length > 1 && levels.every((level) => namePattern.test(level));
  if (!isTopic || levels[0] === agentWord) {
    throw new ChangeRefused(
      `"${word}" is no name: expected 1 to 64 of A-Z a-z 0-9 _ . -, or a topic <vendor>/<type>/<name> of such`,
    );
  }
  return renamed;
}

/** What a change would do, in words. @throws ChangeRefused */
export function describeChange({ store, log }: ChangedStore, change: DeviceChange): readonly string[] {
  const of = (key: SeriesKey) => log.series().find((each) => deviceId(each.key) === deviceId(key));
  const source = of(change.from);
  const name = nameOf(change.from);
  if (source === undefined) throw new ChangeRefused(`there is no ${name}`);
  const windows = countTierWindows(store.database, change.from);
  const held = `${source.readings} readings stored so far, ${windows} windows of the tiers, its alarms`;
  if (change.is === 'delete') {
    return [
      `${name} goes: ${held}.`,
      'Its raw readings are shown no more, and leave the disk when their time is over.',
      'If it sends again, it is a new device. Other devices stay as they are.',
    ];
  }
  const { into } = change;
  const target = of(into);
  if (deviceId(into) === deviceId(change.from)) throw new ChangeRefused(`${name} is called so already`);
  if (change.is === 'rename' && target !== undefined) {
    throw new ChangeRefused(`there is a ${nameOf(into)} already: merge makes one of both`);
  }
  if (change.is === 'merge' && target === undefined) throw new ChangeRefused(`there is no ${nameOf(into)}`);
  const becomes =
    target === undefined
      ? `${name} becomes ${nameOf(into)}: ${held}.`
      : `${name} becomes part of ${nameOf(into)}, which has ${target.readings} readings: ${held}.`;
  return [
    becomes,
    `What comes as ${change.from.topic} from now on is stored as ${into.topic}, until the agent's name for it is changed too and after that.`,
  ];
}

/**
 * Changes the store; `note` is in the same transaction, before anything else. Returns what a person must know of it.
 * @throws ChangeRefused; the store is as it was then
 */
export function changeStore(parts: ChangedStore, change: DeviceChange, note: () => void): readonly string[] {
  const { store, log, tiers } = parts;
  describeChange(parts, change);
  if (tiers.accounts().behind > behindMax) {
    throw new ChangeRefused(
      'the tiers are still busy with what was stored before; try again in some minutes',
    );
  }
  tiers.flush();
  try {
    return store.transaction(() => {
      note();
      return apply(parts, change);
    });
  } catch (error) {
    const isRefusal = error instanceof EntangledError || error instanceof NameTakenError;
    throw isRefusal ? new ChangeRefused(error.message) : error;
  } finally {
    log.reloadSeries();
    tiers.reload();
  }
}

function apply({ store, tierWindows }: ChangedStore, change: DeviceChange): readonly string[] {
  const { database } = store;
  const id = deviceId(change.from);
  if (change.is === 'delete') {
    removeTierSeries(database, change.from);
    removeLogSeries(database, change.from);
    removeAlarms(database, id);
    return [];
  }
  const { from, into } = change;
  const { leftOut } = joinTierSeries({ database, tiers: tierWindows }, from, into);
  joinLogSeries(database, from, into);
  const to = { device: deviceId(into), name: topicParts(into.topic).name };
  relabelAlarms(database, id, to, change.is === 'merge');
  return leftOut.map(
    (field) => `${field} is of another kind in ${into.topic}: what the windows knew of it is gone.`,
  );
}

const nameOf = ({ topic, agent }: SeriesKey): string => (agent === '' ? topic : `${topic} of ${agent}`);
