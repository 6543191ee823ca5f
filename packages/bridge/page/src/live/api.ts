// The calls to the bridge. Addresses are relative, so that the page works behind a proxy's prefix.

import type { AlarmView, DeviceView, SeriesView, SessionView, SiteView } from '../../../src/web/api.ts';
import type { StatusView } from '../../../src/web/status-views.ts';
import type { Key } from '../words/words.ts';

export interface SeriesQuery {
  readonly device: string;
  readonly field: string;
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

export interface Alarms {
  readonly now: number;
  readonly alarms: readonly AlarmView[];
}

export interface Api {
  readonly devices: (signal: AbortSignal) => Promise<{ now: number; devices: DeviceView[] }>;
  readonly site: (signal: AbortSignal) => Promise<SiteView>;
  readonly alarms: (from: number, to: number, signal: AbortSignal) => Promise<Alarms>;
  readonly series: (query: SeriesQuery, signal: AbortSignal) => Promise<SeriesView>;
  readonly status: (signal: AbortSignal) => Promise<StatusView>;
  readonly session: (signal: AbortSignal) => Promise<SessionView>;
  readonly signIn: (name: string, password: string) => Promise<unknown>;
  readonly signOut: () => Promise<unknown>;
  /** Resolves when the command is where the agent finds it. */
  readonly stayAwake: (agent: string, minutes: number) => Promise<{ until: number }>;
  readonly exportAddress: (device: string, from: number, to: number) => string;
}

/** The bridge answered, but not with what was asked for. */
export class RefusedError extends Error {
  readonly status: number;
  constructor(status: number, path: string) {
    super(`Expected an answer to ${path}, the bridge said ${status}`);
    this.status = status;
  }
}

/** Why a call failed, in the reader's language: by the status of a refusal, else that nobody answered. */
export const causeOf = (error: unknown, causes: { readonly [status: number]: Key }): Key =>
  (error instanceof RefusedError ? causes[error.status] : undefined) ?? 'no_answer';

/** A call that hangs is given up, so that the next attempt can go. */
const timeoutMs = 10_000;

export function createApi(): Api {
  const ask = async <Answer>(path: string, signals: AbortSignal[], options: RequestInit): Promise<Answer> => {
    const signal = AbortSignal.any([...signals, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(path, { ...options, signal });
    if (!response.ok) throw new RefusedError(response.status, path);
    return response.json();
  };
  const get = <Answer>(path: string, signal: AbortSignal): Promise<Answer> => ask(path, [signal], {});
  const post = <Answer>(path: string, body: object): Promise<Answer> =>
    ask(path, [], {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  // The bridge takes whole milliseconds; a browser's clock knows parts of them.
  const query = (parameters: { readonly [name: string]: string | number }): string =>
    new URLSearchParams(
      Object.entries(parameters).map(([name, value]) => [
        name,
        typeof value === 'number' ? String(Math.floor(value)) : value,
      ]),
    ).toString();
  return {
    devices: (signal) => get('api/devices', signal),
    site: (signal) => get('api/site', signal),
    alarms: (from, to, signal) => get(`api/alarms?${query({ from, to })}`, signal),
    series: (asked, signal) => get(`api/series?${query({ ...asked })}`, signal),
    status: (signal) => get('api/status', signal),
    session: (signal) => get('api/session', signal),
    signIn: (name, password) => post('api/session', { name, password }),
    signOut: () => post('api/session/end', {}),
    stayAwake: (agent, minutes) => post(`api/agents/${encodeURIComponent(agent)}/stay_awake`, { minutes }),
    exportAddress: (device, from, to) => `api/export?${query({ device, from, to, format: 'csv' })}`,
  };
}
