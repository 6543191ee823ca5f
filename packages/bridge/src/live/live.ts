// What is known right now, for the page: follows the log, and says once per step what changed since the last one.

import type { Log } from '../log/log.ts';
import { futureMs } from '../log/placement.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { AlarmView, DeviceState } from '../web/api.ts';
import { type Agents, createAgents } from './agents.ts';
import type { AlarmHistory } from './alarm-history.ts';
import { createAlarms } from './alarms.ts';
import { deviceId, topicParts } from './device-id.ts';
import { createDevices, type Devices } from './devices.ts';
import { freshMsMax } from './freshness.ts';

interface Changes {
  /** Ids of devices with news: a reading, or a word of their agent. */
  readonly devices: ReadonlySet<string>;
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly alarms: readonly AlarmView[];
}

export interface Live {
  readonly devices: Devices;
  readonly agents: Agents;
  /** Looks at the clock; to be called about once a second. */
  step(nowMs: number): Changes;
  /** A device has gone, in the store too; what became of it is there with its newest reading. */
  replace(gone: SeriesKey, now: StoredReading | undefined): void;
  /** Readings whose alarms could not be written. */
  alarmFailures(): number;
}

interface Sources {
  readonly log: Pick<Log, 'series' | 'agents' | 'onStored' | 'onAgentState'>;
  readonly history: AlarmHistory;
  readonly clock: () => number;
  readonly onAlarmFailure: (error: unknown) => void;
}

/** Of a time that may be hours off nobody can say how old the value is. */
const isTimely = ({ waits, timeMs, receivedMs }: StoredReading): boolean =>
  waits === undefined || Math.abs(timeMs - receivedMs) <= futureMs;

export function followLog({ log, history, clock, onAlarmFailure }: Sources): Live {
  const agents = createAgents();
  const devices = createDevices(agents);
  const alarms = createAlarms(history);
  const changed = new Set<string>();
  const lastStates = new Map<string, DeviceState>();
  const startedMs = clock();
  let failures = 0;

  const guarded = (work: () => void): void => {
    try {
      history.together(work);
    } catch (error) {
      failures += 1;
      alarms.reload();
      onAlarmFailure(error);
    }
  };

  const accept = (readings: readonly StoredReading[]): void => {
    const ids = readings.map((reading) => (isTimely(reading) ? devices.accept(reading) : undefined));
    guarded(() => {
      readings.forEach((reading, index) => {
        const id = ids[index];
        if (id === undefined) return;
        changed.add(id);
        alarms.accept(id, reading);
      });
    });
  };

  for (const { agent, state, receivedMs } of log.agents()) agents.accept(agent, state, receivedMs);
  accept(log.series().map(({ newest }) => newest));
  log.onStored(accept);
  log.onAgentState((agent, state) => {
    agents.accept(agent, state, clock());
    for (const { id, series } of devices.standing(clock())) if (series.agent === agent) changed.add(id);
  });

  /** A bridge that has just come up knows of no silence: what was sent meanwhile is still on its way. */
  const heardOut = (intervalMs: number, nowMs: number): boolean => nowMs - startedMs > freshMsMax(intervalMs);

  const step = (nowMs: number): Changes => {
    const states = new Map<string, DeviceState>();
    guarded(() => {
      for (const { id, series, state, timeMs, intervalMs } of devices.standing(nowMs)) {
        if (lastStates.get(id) !== state) states.set(id, state);
        lastStates.set(id, state);
        const spoke = state === 'fresh' || state === 'sleeping';
        if (spoke || heardOut(intervalMs, nowMs)) {
          alarms.silence({ id, name: topicParts(series.topic).name }, state, timeMs);
        }
      }
    });
    const changes = { devices: new Set(changed), states, alarms: alarms.changes() };
    changed.clear();
    return changes;
  };
  const replace = (gone: SeriesKey, now: StoredReading | undefined): void => {
    devices.forget(gone);
    lastStates.delete(deviceId(gone));
    changed.delete(deviceId(gone));
    alarms.reload();
    if (now !== undefined) accept([now]);
  };
  return { devices, agents, step, replace, alarmFailures: () => failures };
}
