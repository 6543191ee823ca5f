// A device's values as the page shows them: from the site's point of view, with the verb that a sign needs.

import type { DeviceView, ValueView } from '../../../src/web/api.ts';
import { flowFieldOf, type Hue, hueOf } from '../format/subject.ts';
import { roundedAsShown, type Shown, showValue } from '../format/value.ts';
import type { Key, Words } from '../words/words.ts';

export type Node = 'sun' | 'battery' | 'grid' | 'load';

/** What the node does at this power or current as it is shown, seen from the site: supply is above zero. */
export function verbOf(node: Node, value: number): Key {
  if (value === 0) return 'off';
  if (node === 'battery') return value > 0 ? 'discharging' : 'charging';
  if (value > 0) return 'supplying';
  return node === 'grid' ? 'feeding_in' : 'using';
}

/** The share in the site's watts that gives this field its sign. */
export function flowOf(device: DeviceView, field: string): ValueView['flow'] {
  const flowField = flowFieldOf(field);
  return flowField === undefined ? undefined : device.values[flowField]?.flow;
}

export function shownValue(words: Words, device: DeviceView, field: string): Shown {
  const view = device.values[field];
  if (view === undefined) return { text: words.say('unknown') };
  return showValue(words, { value: view.value, unit: view.unit, sign: flowOf(device, field)?.sign });
}

/** The verb for a signed value; none where the value carries no sign or is unknown. */
export function verbOfField(device: DeviceView, field: string): Key | undefined {
  const flow = flowOf(device, field);
  const { value, unit } = device.values[field] ?? {};
  return flow && typeof value === 'number'
    ? verbOf(flow.node, roundedAsShown(value * flow.sign, unit))
    : undefined;
}

export const hueOfField = (device: DeviceView, field: string): Hue =>
  flowOf(device, field)?.node ?? hueOf(field);

/** The reading's margin beyond its interval, s: what is late by less is not late. */
export const graceOf = (intervalSeconds: number): number => Math.max(3, intervalSeconds / 2);

/** A value that was measured earlier than the device's newest reading carries its own age. */
export function isOlderThanDevice(device: DeviceView, view: ValueView): boolean {
  return device.time - view.time > graceOf(device.interval ?? 0) * 1000;
}
