// A change of a device from end to end: said, done in the store, shown, brought into the sinks.

import { deviceId } from '../live/device-id.ts';
import type { Live } from '../live/live.ts';
import type { Delivery } from '../sinks/delivery.ts';
import { waitingChangesMax } from '../sinks/remake-ledger.ts';
import {
  type ChangedStore,
  ChangeRefused,
  changeStore,
  type DeviceChange,
  describeChange,
} from './device-change.ts';
import { nameChangesOf } from './remake.ts';

export interface ChangeParts extends ChangedStore {
  /** Absent: the bridge does not run. */
  readonly live?: Pick<Live, 'replace'>;
  readonly sinks: readonly Pick<Delivery, 'name' | 'note' | 'noted' | 'remake'>[];
}

/** What was done, or with `isTrial` would be done, in words. @throws ChangeRefused */
export async function runChange(
  parts: ChangeParts,
  change: DeviceChange,
  isTrial: boolean,
): Promise<readonly string[]> {
  const { store, log, tierWindows, live, sinks } = parts;
  const said = describeChange(parts, change);
  const behind = sinks.find((sink) => sink.noted() >= waitingChangesMax);
  if (behind !== undefined) {
    throw new ChangeRefused(
      `the sink ${behind.name} has ${behind.noted()} changes still to take over: make it reachable, or take it out of the configuration`,
    );
  }
  if (isTrial) return [...said, ...(sinks.length > 0 ? [sinkWords] : [])];
  const further = changeStore(parts, change, () => {
    const changes = nameChangesOf(store.database, tierWindows, change);
    for (const sink of sinks) sink.note(changes);
  });
  const now = change.is === 'delete' ? undefined : log.series().find(isSeries(deviceId(change.into)));
  live?.replace(change.from, now?.newest);
  return [...said, ...further, ...(await Promise.all(sinks.map((sink) => sink.remake())))];
}

const sinkWords =
  'Databases: the old name goes as far back as the store can write it again. Files are moved whole.';

const isSeries =
  (id: string) =>
  ({ key }: { readonly key: DeviceChange['from'] }): boolean =>
    deviceId(key) === id;
