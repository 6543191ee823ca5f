// The newest state of every device, kept from the log's readings and the agents' words. Time is an argument.

import type { SeriesKey, StoredReading } from '../message.ts';
import type { DeviceState, DeviceView } from '../web/api.ts';
import type { Agents } from './agents.ts';
import { deviceId, topicParts } from './device-id.ts';
import { deviceView, silenceOf } from './device-view.ts';
import { judge } from './freshness.ts';
import { firstKnown, type Newest, takeReading } from './newest.ts';

/** Devices that are shown; further ones are stored and counted, not shown. */
const devicesMax = 10_000;

export interface Device {
  readonly id: string;
  readonly series: SeriesKey;
}

/** How a device stands at one moment. */
interface Standing extends Device {
  readonly site: string | undefined;
  readonly state: DeviceState;
  /** Time of the newest reading. */
  readonly timeMs: number;
  readonly intervalMs: number;
}

export interface Devices {
  /** Returns the id of the reading's device; `undefined` when there are too many to show it. */
  accept(reading: StoredReading): string | undefined;
  /** A device that is none any more. */
  forget(series: SeriesKey): void;
  standing(nowMs: number): readonly Standing[];
  view(id: string, nowMs: number): DeviceView | undefined;
  views(nowMs: number): readonly DeviceView[];
  /** By id; by name where only one device has it. */
  find(idOrName: string): Device | undefined;
  /** Readings of devices that are not shown. */
  hiddenReadings(): number;
}

export function createDevices(agents: Pick<Agents, 'get'>): Devices {
  const newest = new Map<string, Newest>();
  /** What the log calls a series is one object for all of its readings. */
  const ids = new WeakMap<SeriesKey, string>();
  const devicesByTopic = new Map<string, number>();
  let hidden = 0;

  const idOf = (series: SeriesKey): string => {
    let id = ids.get(series);
    if (id === undefined) {
      id = deviceId(series);
      ids.set(series, id);
    }
    return id;
  };

  const meet = (reading: StoredReading, id: string): string | undefined => {
    if (newest.size >= devicesMax) {
      hidden += 1;
      return undefined;
    }
    newest.set(id, firstKnown(reading));
    const { topic } = reading.series;
    devicesByTopic.set(topic, (devicesByTopic.get(topic) ?? 0) + 1);
    return id;
  };

  const accept = (reading: StoredReading): string | undefined => {
    const id = idOf(reading.series);
    const known = newest.get(id);
    if (known === undefined) return meet(reading, id);
    takeReading(known, reading);
    return id;
  };

  const viewOf = (id: string, known: Newest, nowMs: number): DeviceView => {
    const { topic, agent } = known.reading.series;
    const around = { agent: agents.get(agent), sharedTopic: (devicesByTopic.get(topic) ?? 0) > 1 };
    return deviceView(id, known, around, nowMs);
  };

  const forget = (series: SeriesKey): void => {
    const id = deviceId(series);
    if (!newest.delete(id)) return;
    devicesByTopic.set(series.topic, (devicesByTopic.get(series.topic) ?? 1) - 1);
  };

  return {
    accept,
    forget,
    standing: (nowMs) =>
      [...newest].map(([id, known]) => {
        const { series, site } = known.reading;
        const silence = silenceOf(known, agents.get(series.agent));
        const { timeMs, intervalMs } = silence;
        return { id, series, site, state: judge(silence, nowMs), timeMs, intervalMs };
      }),
    view: (id, nowMs) => {
      const known = newest.get(id);
      return known && viewOf(id, known, nowMs);
    },
    views: (nowMs) => [...newest].map(([id, known]) => viewOf(id, known, nowMs)),
    find: (idOrName) => find(newest, idOrName),
    hiddenReadings: () => hidden,
  };
}

function find(newest: ReadonlyMap<string, Newest>, idOrName: string): Device | undefined {
  const known = newest.get(idOrName);
  if (known !== undefined) return { id: idOrName, series: known.reading.series };
  const named = [...newest].filter(([, { reading }]) => topicParts(reading.series.topic).name === idOrName);
  const [only] = named;
  return only && named.length === 1 ? { id: only[0], series: only[1].reading.series } : undefined;
}
