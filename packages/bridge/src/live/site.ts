// The balance of a site: what its devices supply and use now. Supply is positive, use negative.

import { deviceKinds, type Flow } from '@wattline/protocols';
import type { DeviceView, SiteView, ValueView } from '../web/api.ts';
import { freshMsMax } from './freshness.ts';
import { countedDevices } from './read-twice.ts';

type Node = SiteView['watts'][number];

const nodes = ['sun', 'battery', 'grid', 'load'] as const;

interface Source {
  readonly device: DeviceView;
  readonly value: ValueView;
  readonly flow: Flow;
}

/** What flows at each node. A device whose value is not current is left out and named; without another the node is unknown. */
export function wattsOf(devices: readonly DeviceView[]): readonly Node[] {
  const sources = chooseBattery(countedDevices(devices).flatMap(sourcesOf));
  return nodes.map((node) =>
    sumOf(
      node,
      sources.filter(({ flow }) => flow.node === node),
    ),
  );
}

function sourcesOf(device: DeviceView): Source[] {
  return deviceKinds[device.kind].flows.flatMap((flow) => {
    const value = device.values[flow.field];
    return value === undefined ? [] : [{ device, value, flow }];
  });
}

/**
 * A battery monitor measures all that goes into and out of a bank, so where there is one, the BMSes of the same bank
 * would count twice. It is known by the charge it says was taken out. Agents that say so of themselves read different
 * sites: a monitor of one measures no bank of another.
 */
function chooseBattery(sources: readonly Source[]): readonly Source[] {
  const isMonitor = ({ device }: Source): boolean => 'battery_capacity_consumed' in device.values;
  const monitored = new Set(
    sources
      .filter((source) => source.flow.node === 'battery' && isMonitor(source))
      .map(({ device }) => device.site),
  );
  return sources.filter(
    (source) => source.flow.node !== 'battery' || isMonitor(source) || !monitored.has(source.device.site),
  );
}

function sumOf(node: Node['node'], sources: readonly Source[]): Node {
  const current = sources.filter(isCurrent);
  const left = sources.filter((source) => !isCurrent(source));
  const watts = current.map(({ value, flow }) => Number(value.value) * flow.sign);
  const known = watts.length > 0;
  return {
    node,
    // Adding 0 makes −0 to 0.
    value: known ? round(watts.reduce((sum, more) => sum + more, 0)) + 0 : null,
    age: known ? Math.max(...current.map(({ value }) => value.age)) : null,
    devices: idsOf(current),
    ...(left.length > 0 ? { stale: idsOf(left) } : {}),
  };
}

/** A number of a device that speaks, itself not older than the device may be. */
function isCurrent({ device, value }: Source): boolean {
  if (device.state !== 'fresh' || typeof value.value !== 'number') return false;
  return value.time === device.time || value.age * 1000 <= freshMsMax((device.interval ?? 0) * 1000);
}

const idsOf = (sources: readonly Source[]): readonly string[] => [
  ...new Set(sources.map(({ device }) => device.id)),
];

/** Watts that supply and use leave over; `null` unless both are known, and all that takes part. */
export function unexplainedOf(watts: readonly Node[]): number | null {
  const known = watts.filter(({ value }) => value !== null);
  if (watts.some(({ stale }) => stale !== undefined)) return null;
  if (!known.some(({ node }) => node === 'load') || !known.some(({ node }) => node !== 'load')) return null;
  return round(known.reduce((sum, { value }) => sum + (value ?? 0), 0));
}

/** Sums of decimals come out as decimals: 0.1 + 0.2 is 0.3. */
const round = (watts: number): number => Math.round(watts * 1000) / 1000;
