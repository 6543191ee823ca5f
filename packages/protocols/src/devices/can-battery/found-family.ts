// A battery on CAN whose family is found from the frames on the bus. All families listen; those that the frames tell have
// the word, each under its own name.

import type { BusListener, CanFrame, DeviceDefinition, StreamContent } from '../../device.ts';
import { type Frames, formatId } from '../../frames.ts';
import { deadAfterMs } from './listener.ts';

type FamiliesOn = (frames: Frames) => readonly DeviceDefinition[];

/** Frames that tell a family may repeat more slowly than the others; so long nothing is said yet. */
const settleMs = 2000;
/** Identifiers remembered for telling the family: far more than a bus has. */
const idsMax = 256;

export function listenForFound(families: readonly DeviceDefinition[], familiesOn: FamiliesOn): BusListener {
  const listeners = new Map(
    families.flatMap((family) => {
      const listener = family.listenToBus?.();
      return listener === undefined ? [] : [[family, listener] as const];
    }),
  );
  const heard = new Map<number, { readonly data: Uint8Array; readonly timeMs: number }>();
  let firstMs: number | undefined;
  let lastMs = 0;

  const forgetDead = (timeMs: number): void => {
    for (const [id, frame] of heard) if (timeMs - frame.timeMs > deadAfterMs) heard.delete(id);
    if (heard.size === 0) firstMs = undefined;
  };
  const chosen = (): readonly (readonly [DeviceDefinition, BusListener])[] =>
    familiesOn(new Map([...heard].map(([id, { data }]) => [id, data]))).flatMap((family) => {
      const listener = listeners.get(family);
      return listener === undefined ? [] : [[family, listener] as const];
    });
  return {
    push(frame, timeMs) {
      forgetDead(timeMs);
      firstMs ??= timeMs;
      lastMs = timeMs;
      if (heard.has(frame.id) || heard.size < idsMax) heard.set(frame.id, { data: frame.data, timeMs });
      const [first = []] = [...listeners.values()].map((listener) => listener.push(frame, timeMs));
      return first;
    },
    current(timeMs) {
      forgetDead(timeMs);
      return chosen().flatMap(([{ id }, listener]) =>
        listener.current(timeMs).map((reading) => ({ ...reading, family: id })),
      );
    },
    isWhole() {
      const isSettled = firstMs !== undefined && lastMs - firstMs >= settleMs;
      return isSettled && chosen().some(([, listener]) => listener.isWhole());
    },
    unknown() {
      const [first, ...others] = [...listeners.values()].map((listener) => listener.unknown());
      return new Map([...(first ?? [])].filter(([id]) => others.every((other) => other.has(id))));
    },
  };
}

export const readFramesOfFound =
  (familiesOn: FamiliesOn) =>
  (frames: readonly CanFrame[]): StreamContent => {
    const found = familiesOn(new Map(frames.map(({ id, data }) => [id, data])));
    if (found.length === 0) {
      const ids = [...new Set(frames.map(({ id }) => formatId(id)))].join(' ');
      return { readings: [], corrupt: [], ignored: [`the frames tell no family of batteries: ${ids}`] };
    }
    const contents = found.map(({ id, readFrames }) => ({ id, ...readFrames?.(frames) }));
    return {
      readings: contents.flatMap(({ id, readings = [] }) =>
        readings.map((each) => ({ ...each, family: id })),
      ),
      corrupt: contents[0]?.corrupt ?? [],
      ignored: contents[0]?.ignored ?? [],
    };
  };
