// From what is known of a device to what the web says of it.

import { type DeviceKind, describeField, deviceKinds, type FieldKind, type Value } from '@wattline/protocols';
import { kindOfValue } from '../tiers/aggregate.ts';
import type { DeviceView, ValueView } from '../web/api.ts';
import type { Agent } from './agents.ts';
import { topicParts } from './device-id.ts';
import { intervalMsOf, judge, learnedIntervalMs, nextDue, type Silence } from './freshness.ts';
import type { Newest, TimedValue } from './newest.ts';

/** How long a device has been silent, and what excuses it. */
export function silenceOf({ reading, timeMs, gapsMs }: Newest, agent: Agent | undefined): Silence {
  return {
    timeMs,
    intervalMs: intervalMsOf(reading.intervalSeconds, gapsMs),
    ...(agent?.sleep === undefined ? {} : { sleep: agent.sleep }),
    offline: agent?.state.state === 'offline',
  };
}

/** What is known of a device beside its own readings. */
export interface Surroundings {
  readonly agent: Agent | undefined;
  readonly sharedTopic: boolean;
}

export function deviceView(id: string, newest: Newest, around: Surroundings, nowMs: number): DeviceView {
  const { reading, timeMs } = newest;
  const { topic, agent } = reading.series;
  const { vendor, type, name } = topicParts(topic);
  const silence = silenceOf(newest, around.agent);
  const values: Record<string, ValueView> = {};
  for (const [field, value] of newest.values) {
    values[field] = { ...valueView(field, value, nowMs), ...flowOf(reading.kind, field) };
  }
  return {
    id,
    name,
    topic,
    vendor,
    type,
    agent,
    ...(reading.site === undefined ? {} : { site: reading.site }),
    kind: reading.kind,
    kind_label: deviceKinds[reading.kind].label,
    ...(reading.definition === undefined ? {} : { definition: reading.definition }),
    ...(reading.model === undefined ? {} : { model: reading.model }),
    state: judge(silence, nowMs),
    time: timeMs,
    age: ageSeconds(timeMs, nowMs),
    clock: reading.clock,
    ...schedule(newest, silence),
    ...fromAgent(newest, around.agent),
    values,
    lead: leadOf(newest),
    ...(around.sharedTopic ? { shared_topic: true } : {}),
  };
}

function schedule({ reading, gapsMs }: Newest, silence: Silence): Pick<DeviceView, 'interval' | 'next_due'> {
  const known = reading.intervalSeconds !== undefined || learnedIntervalMs(gapsMs) !== undefined;
  return known ? { interval: silence.intervalMs / 1000, next_due: nextDue(silence) } : {};
}

function fromAgent(
  { reading, values }: Newest,
  agent: Agent | undefined,
): Pick<DeviceView, 'pending' | 'signal_strength'> {
  const pending = agent?.state.outbox?.readings ?? 0;
  const heard = agent?.state.devices.find(({ topic }) => topic === reading.series.topic);
  const signal = values.get('signal_strength')?.value ?? heard?.rssi;
  return {
    ...(pending > 0 ? { pending } : {}),
    ...(typeof signal === 'number' ? { signal_strength: signal } : {}),
  };
}

function valueView(field: string, { value, timeMs }: TimedValue, nowMs: number): ValueView {
  const { kind, unit, problem } = describeField(field) ?? { kind: kindOf(value) };
  return {
    // Of another type than the field's it is no value of this field: never shown with its unit.
    value: fits(kind, value) ? value : null,
    ...(unit === undefined ? {} : { unit }),
    kind,
    time: timeMs,
    age: ageSeconds(timeMs, nowMs),
    ...(problem && troublesIn(value).length > 0 ? { problem } : {}),
  };
}

/** How the kind counts a field in the site's watts. */
function flowOf(kind: DeviceKind, field: string): Pick<ValueView, 'flow'> {
  const flow = deviceKinds[kind].flows.find((each) => each.field === field);
  return flow === undefined ? {} : { flow: { node: flow.node, sign: flow.sign } };
}

/** The troubles that the value of a problem field names: the set flags, a state that is not `none`. */
export function troublesIn(value: Value): readonly string[] {
  if (value === null || value === false || value === 'none') return [];
  return typeof value === 'object' ? value : [String(value)];
}

function fits(kind: FieldKind, value: Value): boolean {
  if (value === null) return true;
  const taken = kindOf(value);
  return (
    taken === kind || (taken === 'gauge' && kind === 'counter') || (taken === 'state' && kind === 'info')
  );
}

/** What a field without a definition is taken for; while nothing is known of it, for a number. */
const kindOf = (value: Value): FieldKind => (value === null ? 'gauge' : kindOfValue(value));

const leadOfOthers = 5;

function leadOf({ reading, values }: Newest): readonly string[] {
  const declared = deviceKinds[reading.kind].lead.filter((field) => values.has(field));
  if (declared.length > 0) return declared;
  const numbers = [...values].filter(([, { value }]) => typeof value === 'number');
  return numbers.slice(0, leadOfOthers).map(([field]) => field);
}

const ageSeconds = (timeMs: number, nowMs: number): number => Math.max(0, (nowMs - timeMs) / 1000);
