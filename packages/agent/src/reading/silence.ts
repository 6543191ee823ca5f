// A device of which nothing is heard: how long that is normal, and what may be the cause.

import { definitions } from '@wattline/protocols';
import { mediumOf, type ReadDevice } from './device.ts';

const silentAfterMs = 60_000;
const intervalsMissed = 3;

/** How long a device that broadcasts may not be heard before that is said. */
export const silentAfter = ({ intervalMs }: Pick<ReadDevice, 'intervalMs'>): number =>
  Math.max(silentAfterMs, intervalsMissed * intervalMs);

/** Likely causes, the likeliest first. */
export function notHeard(device: ReadDevice): string {
  const { name, definition, address, port, replay } = device;
  if (replay !== undefined) return `the recording ${replay} holds no reading of ${name}`;
  if (port !== undefined && definition.ask !== undefined) return noAnswer(device, 'no answer came');
  return port !== undefined
    ? `nothing came from ${port}: is the cable plugged in at the device, and the device on?`
    : `${address} was not heard: out of reach, switched off, held by a phone app, or "Instant readout via Bluetooth" is off in VictronConnect`;
}

/** Of a device that is asked at a port: likely causes, the likeliest first. */
export function noAnswer(device: ReadDevice, message: string): string {
  const { definition, port } = device;
  const medium = mediumOf(device);
  const way = definition.media.find((each) => each.medium === medium);
  const baud = way?.medium === 'serial' ? `, and its line at ${way.baudRate} baud` : '';
  const [maker] = definition.id.split('-');
  const kin = definitions
    .filter(
      ({ id, ask, media }) =>
        id !== definition.id &&
        id.startsWith(`${maker}-`) &&
        ask &&
        media.some((each) => each.medium === medium),
    )
    .map(({ id }) => `"definition: ${id}"`);
  const other = kin.length === 0 ? '' : ` (${kin.join(', ')})`;
  return `${definition.name} at ${port}: ${message}; is it on and awake? is this its port, the cable at the right socket${baud}? does it speak another protocol${other}? does another program ask it as well?`;
}
