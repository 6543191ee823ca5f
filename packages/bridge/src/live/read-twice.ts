// A device that is read in two of its languages is two devices here, each with its own age, and one flow of watts: in sums
// its second language is left out.

import { definitions } from '@wattline/protocols';
import type { DeviceView } from '../web/api.ts';

const firstLanguages = new Map(
  definitions.flatMap(({ id, besides }) => (besides === undefined ? [] : [[id, besides] as const])),
);

/** The devices that count in sums. */
export function countedDevices(devices: readonly DeviceView[]): readonly DeviceView[] {
  const paired = new Set<string>();
  return devices.filter((device) => {
    const first = firstLanguages.get(device.definition ?? '');
    if (first === undefined) return true;
    const same = devices.find(
      (other) => other.definition === first && !paired.has(other.id) && isSame(device, other),
    );
    if (same !== undefined) paired.add(same.id);
    return same === undefined;
  });
}

/** One product at one agent; where both tell a serial number, it decides. Battery monitors tell none in their text. */
function isSame(one: DeviceView, other: DeviceView): boolean {
  const product = told(one, 'product_code');
  const serials = [told(one, 'serial_number'), told(other, 'serial_number')];
  return (
    one.agent === other.agent &&
    product !== undefined &&
    product === told(other, 'product_code') &&
    (serials.includes(undefined) || serials[0] === serials[1])
  );
}

const told = ({ values }: DeviceView, field: string): string | undefined => {
  const value = values[field]?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
};
