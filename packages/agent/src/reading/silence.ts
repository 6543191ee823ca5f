// A device of which nothing is heard: how long that is normal, and what may be the cause.

import type { ReadDevice } from './device.ts';

const silentAfterMs = 60_000;
const intervalsMissed = 3;

/** How long a device that broadcasts may not be heard before that is said. */
export const silentAfter = ({ intervalMs }: Pick<ReadDevice, 'intervalMs'>): number =>
  Math.max(silentAfterMs, intervalsMissed * intervalMs);

/** Likely causes, the likeliest first. */
export function notHeard({ name, address, port, replay }: ReadDevice): string {
  if (replay !== undefined) return `the recording ${replay} holds no reading of ${name}`;
  return port !== undefined
    ? `nothing came from ${port}: is the cable plugged in at the device, and the device on?`
    : `${address} was not heard: out of reach, switched off, held by a phone app, or "Instant readout via Bluetooth" is off in VictronConnect`;
}
