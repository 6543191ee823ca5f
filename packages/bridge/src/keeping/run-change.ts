// A change of a device from end to end: said, done in the store, shown, brought into the sinks.

import { deviceId } from '../live/device-id.ts';
import type { Live } from '../live/live.ts';
import type { Remake } from '../sinks/remake.ts';
import { type ChangedStore, changeStore, type DeviceChange, describeChange } from './device-change.ts';
import { remakeOf } from './remake.ts';

export interface ChangeParts extends ChangedStore {
  /** Absent: the bridge does not run. */
  readonly live?: Pick<Live, 'replace'>;
  readonly sinks: readonly { remake(change: Remake): Promise<string> }[];
}

/** What was done, or with `isTrial` would be done, in words. @throws ChangeRefused */
export async function runChange(
  parts: ChangeParts,
  change: DeviceChange,
  isTrial: boolean,
): Promise<readonly string[]> {
  const { store, log, tierWindows, live, sinks } = parts;
  const said = describeChange(parts, change);
  if (isTrial) return [...said, ...(sinks.length > 0 ? [sinkWords] : [])];
  const remake = remakeOf(store.database, tierWindows, change);
  const further = changeStore(parts, change);
  const now = change.is === 'delete' ? undefined : log.series().find(isSeries(deviceId(change.into)));
  live?.replace(change.from, now?.newest);
  return [...said, ...further, ...(await Promise.all(sinks.map((sink) => sink.remake(remake))))];
}

const sinkWords =
  'Sinks that can remove points: the old name goes as far back as the store can write it again. Others keep it.';

const isSeries =
  (id: string) =>
  ({ key }: { readonly key: DeviceChange['from'] }): boolean =>
    deviceId(key) === id;
