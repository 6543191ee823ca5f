// Reads what an agent retains about itself. Of parts that are missing or unsound the safe default is taken:
// a state is shown, never trusted for more than it says.

import type { AgentState } from '@wattline/protocols';

const listMax = 1_000;

/** A string instead of a state is the reason why it is none. */
export function parseAgentState(text: string): AgentState | string {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isObject(message)) return 'not a JSON object';
  const { state, version, timeMs, nextDueMs, outbox, readings, evicted, devices, inReach } = message;
  if (state !== 'online' && state !== 'sleeping' && state !== 'offline') {
    return 'a field name "state" with online, sleeping or offline was expected';
  }
  const waiting = isObject(outbox) ? outboxOf(outbox) : undefined;
  const account = isObject(readings) ? accountOf(readings) : undefined;
  return {
    state,
    version: typeof version === 'string' ? version : '',
    timeMs: count(timeMs) ?? 0,
    ...some('nextDueMs', count(nextDueMs)),
    ...(waiting === undefined ? {} : { outbox: waiting }),
    ...(account === undefined ? {} : { readings: account }),
    evicted: list(evicted, range),
    devices: list(devices, device),
    ...(Array.isArray(inReach) ? { inReach: list(inReach, heard) } : {}),
  };
}

function outboxOf(outbox: JsonObject): AgentState['outbox'] {
  const readings = count(outbox['readings']);
  if (readings === undefined) return undefined;
  return { readings, bytes: count(outbox['bytes']) ?? 0, ...some('oldestMs', count(outbox['oldestMs'])) };
}

/** Only whole: a sum of which a part is missing would not close. */
function accountOf(readings: JsonObject): AgentState['readings'] {
  const taken = count(readings['taken']);
  const confirmed = count(readings['confirmed']);
  const waiting = count(readings['waiting']);
  const givenUp = count(readings['givenUp']);
  const lost = count(readings['lost']);
  if (taken === undefined || confirmed === undefined || waiting === undefined) return undefined;
  if (givenUp === undefined || lost === undefined) return undefined;
  return { taken, confirmed, waiting, givenUp, lost };
}

function range(entry: JsonObject): AgentState['evicted'][number] | undefined {
  const { stream } = entry;
  const from = count(entry['from']);
  const to = count(entry['to']);
  if (typeof stream !== 'string' || from === undefined || to === undefined || to < from) return undefined;
  return { stream, from, to };
}

function device(entry: JsonObject): AgentState['devices'][number] | undefined {
  const { name, topic, rssi, problem } = entry;
  if (typeof name !== 'string' || typeof topic !== 'string') return undefined;
  return {
    name,
    topic,
    intervalSeconds: finite(entry['intervalSeconds']) ?? 0,
    ...some('lastReadMs', count(entry['lastReadMs'])),
    ...some('rssi', finite(rssi)),
    ...(typeof problem === 'string' ? { problem } : {}),
  };
}

function heard(entry: JsonObject): NonNullable<AgentState['inReach']>[number] | undefined {
  const { address, model, rssi } = entry;
  if (typeof address !== 'string' || typeof model !== 'string') return undefined;
  return { address, model, ...some('rssi', finite(rssi)) };
}

type JsonObject = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

function list<Entry>(value: unknown, read: (entry: JsonObject) => Entry | undefined): Entry[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, listMax).flatMap((entry) => (isObject(entry) ? (read(entry) ?? []) : []));
}

function some<Key extends string>(key: Key, value: number | undefined): { [K in Key]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: number });
}
