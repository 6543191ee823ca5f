// Frames of a simulated bus, heard without an adapter between.

import { type CanFrame, type Decoded, definitions } from '@wattline/protocols';

/**
 * Under the name of the family, as one that was found has it.
 *
 * @param framesAt one round at a time; times only grow
 */
export function heardOnBus(
  id: string,
  framesAt: (timeMs: number) => readonly CanFrame[],
): (timeMs: number) => readonly Decoded[] {
  const listener = definitions.find((definition) => definition.id === id)?.listenToBus?.();
  if (listener === undefined) throw new Error(`${id} is on no bus`);
  return (timeMs) => {
    for (const frame of framesAt(timeMs)) listener.push(frame, timeMs);
    return listener.current(timeMs).map((reading) => ({ ...reading, family: id }));
  };
}
