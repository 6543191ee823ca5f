// Troubles of the devices, from what their readings say and from their silence. Time is an argument.

import { describeField } from '@wattline/protocols';
import type { StoredReading } from '../message.ts';
import type { AlarmView, DeviceState } from '../web/api.ts';
import type { AlarmHistory, Episode } from './alarm-history.ts';
import { topicParts } from './device-id.ts';
import { troublesIn } from './device-view.ts';
import { freshMsMax } from './freshness.ts';
import { measuredMs } from './newest.ts';

/** A trouble as one reading names it. */
interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly level: 'warning' | 'alarm';
}

interface Alarms {
  accept(device: string, reading: StoredReading): void;
  /** Says how a device stands now; `newestMs` is the time of its newest reading. */
  silence(device: { id: string; name: string }, state: DeviceState, newestMs: number): void;
  /** What began, changed or ended since the last call. */
  changes(): readonly AlarmView[];
  /** Changes were not written after all: what is open is read again. */
  reload(): void;
}

/** The code of the alarm for a device that does not speak. */
const silentCode = 'silent';

/** How far apart two readings of one trouble may be that arrived out of order, when no interval is announced. */
const apartMsMax = 120_000;

interface Watched {
  timeMs: number;
  readonly open: Map<string, Episode>;
}

export function createAlarms(history: AlarmHistory): Alarms {
  let watched: Map<string, Watched> | undefined;
  const changed = new Map<number, AlarmView>();

  const watch = (device: string): Watched => {
    watched ??= watchOpen(history);
    return watchIn(watched, device);
  };

  const begin = (on: Watched, alarm: AlarmView): void => {
    const episode = { ...alarm, id: history.add(alarm) };
    on.open.set(alarm.code, episode);
    changed.set(episode.id, alarm);
  };
  const amend = (on: Watched, episode: Episode, change: Partial<AlarmView>): void => {
    const { id, ...alarm } = { ...episode, ...change };
    history.change(id, alarm);
    changed.set(id, alarm);
    if (alarm.until === null) on.open.set(alarm.code, { id, ...alarm });
    else if (on.open.get(alarm.code)?.id === id) on.open.delete(alarm.code);
  };

  const acceptInOrder = (device: string, on: Watched, reading: StoredReading, timeMs: number): void => {
    on.timeMs = timeMs;
    const now = troublesOf(reading);
    for (const [code, episode] of on.open) {
      if (!now.has(code) && isDenied(code, reading)) amend(on, episode, { until: timeMs });
    }
    for (const { code, text, level } of now.values()) {
      const { name } = topicParts(reading.series.topic);
      if (!on.open.has(code)) begin(on, { device, name, code, text, level, since: timeMs, until: null });
    }
  };

  /** A reading that arrives after newer ones belongs to the past: it extends an episode or is one of its own. */
  const acceptLate = (device: string, on: Watched, reading: StoredReading, timeMs: number): void => {
    const apartMs =
      reading.intervalSeconds === undefined ? apartMsMax : freshMsMax(reading.intervalSeconds * 1000);
    for (const { code, text, level } of troublesOf(reading).values()) {
      const { name } = topicParts(reading.series.topic);
      const near = history.touching(device, code, timeMs - apartMs, timeMs + apartMs);
      if (near === undefined) {
        const alarm = { device, name, code, text, level, since: timeMs, until: timeMs };
        changed.set(history.add(alarm), alarm);
      } else if (timeMs < near.since) amend(on, near, { since: timeMs });
      else if (near.until !== null && near.until < timeMs) amend(on, near, { until: timeMs });
    }
  };

  return {
    accept: (device, reading) => {
      const on = watch(device);
      const timeMs = measuredMs(reading);
      if (timeMs >= on.timeMs) acceptInOrder(device, on, reading, timeMs);
      else acceptLate(device, on, reading, timeMs);
    },
    silence: ({ id, name }, state, newestMs) => {
      const on = watch(id);
      const episode = on.open.get(silentCode);
      const silent = state === 'late' || state === 'lost';
      if (silent && episode === undefined) {
        const about = { device: id, name, code: silentCode, text: silenceTexts[state], level: state };
        begin(on, { ...about, since: newestMs, until: null });
      } else if (silent && episode && episode.level !== state) {
        amend(on, episode, { level: state, text: silenceTexts[state] });
      } else if (!silent && episode) {
        amend(on, episode, { until: Math.max(newestMs, episode.since) });
      }
    },
    changes: () => {
      const alarms = [...changed.values()];
      changed.clear();
      return alarms;
    },
    reload: () => {
      watched = undefined;
      changed.clear();
    },
  };
}

const silenceTexts = {
  late: 'No reading when one was due',
  lost: 'No reading for a long time',
} as const;

function watchOpen(history: AlarmHistory): Map<string, Watched> {
  const watched = new Map<string, Watched>();
  for (const episode of history.open()) watchIn(watched, episode.device).open.set(episode.code, episode);
  return watched;
}

function watchIn(watched: Map<string, Watched>, device: string): Watched {
  const known = watched.get(device);
  if (known !== undefined) return known;
  const fresh = { timeMs: Number.NEGATIVE_INFINITY, open: new Map<string, Episode>() };
  watched.set(device, fresh);
  return fresh;
}

const noTroubles: ReadonlyMap<string, Trouble> = new Map();

function troublesOf({ values }: StoredReading): ReadonlyMap<string, Trouble> {
  let troubles: Map<string, Trouble> | undefined;
  for (const field in values) {
    const value = values[field];
    if (value === undefined || !describeField(field)?.problem) continue;
    for (const name of troublesIn(value)) {
      troubles ??= new Map();
      const code = codeOf(field, name);
      const level = field === 'warnings' || name.endsWith('warning') ? 'warning' : 'alarm';
      troubles.set(code, { code, text: textOf(field, name), level });
    }
  }
  return troubles ?? noTroubles;
}

/** A flag is the trouble itself; others name it. */
const codeOf = (field: string, name: string): string => (name === 'true' ? field : `${field}.${name}`);

function textOf(field: string, name: string): string {
  // The bare words "alarm" and "warning" of a level say nothing without their field.
  const words = name === 'true' ? field : name === 'alarm' || name === 'warning' ? `${field}: ${name}` : name;
  const text = words.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The reading says that a trouble is over: its field is there, and known. */
function isDenied(code: string, { values }: StoredReading): boolean {
  const [field = ''] = code.split('.');
  const value = values[field];
  return value !== undefined && value !== null;
}
