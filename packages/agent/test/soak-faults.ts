// What befalls the devices of a soak, and the radio that they share: each fault for a while, then calm for longer.

import type { Random } from '../../protocols/test/random.ts';
import type { FastClock } from './fast-clock.ts';
import type { DeviceFault, SoakPlace } from './soak-devices.ts';
import type { ChildrenOnRadio } from './soak-radio.ts';

export type RadioFault = 'killed' | 'unplugged' | 'silenced';
export const radioFaults: readonly RadioFault[] = ['killed', 'unplugged', 'silenced'];

export interface SoakFaults {
  /** Begins and ends what is due. */
  turn(): void;
  /** Since when nothing is wrong with a place and with the radio; `undefined`: something is. */
  calmSinceMs(place: SoakPlace): number | undefined;
  readonly befell: ReadonlyMap<DeviceFault | RadioFault, number>;
}

interface Spell {
  fault: DeviceFault | RadioFault | undefined;
  untilMs: number;
  endedMs: number;
}

const vanishedMs = 60_000;
const radioFaultMsMax = 30_000;

export function soakFaults(
  places: readonly SoakPlace[],
  children: ChildrenOnRadio,
  clock: FastClock,
  random: Random,
): SoakFaults {
  const befell = new Map<DeviceFault | RadioFault, number>();
  const calm = (leastMs: number): Spell => ({
    ...{ fault: undefined, endedMs: clock.nowMs() },
    untilMs: clock.nowMs() + leastMs + random.below(leastMs),
  });
  const spells = new Map(places.map((place) => [place, calm(70_000)]));
  let radio = calm(150_000);
  const begun = (fault: DeviceFault | RadioFault, forMs: number): Spell => {
    befell.set(fault, (befell.get(fault) ?? 0) + 1);
    return { fault, untilMs: clock.nowMs() + forMs, endedMs: 0 };
  };
  const turnPlace = (own: SoakPlace, spell: Spell): Spell => {
    if (spell.fault === undefined) {
      const fault = random.pick(own.faults) as DeviceFault;
      own.fault = fault;
      if (fault === 'vanished') own.reach.vanish();
      if (fault === 'refused') {
        own.reach.failConnect = 1 + random.below(4);
        own.reach.hangUp();
      }
      return begun(fault, fault === 'vanished' ? vanishedMs : 5000 + random.below(55_000));
    }
    own.fault = undefined;
    own.reach.failConnect = 0;
    own.reach.reappear();
    return calm(70_000);
  };
  const turnRadio = ({ fault }: Spell): Spell => {
    if (fault !== undefined) {
      if (fault === 'unplugged') children.plugIn();
      children.silence(false);
      return calm(150_000);
    }
    const next = random.pick(radioFaults) as RadioFault;
    if (next === 'killed') children.kill();
    if (next === 'unplugged') children.unplug();
    if (next === 'silenced') children.silence(true);
    return begun(next, next === 'killed' ? 0 : random.below(radioFaultMsMax));
  };
  return {
    befell,
    turn() {
      for (const [own, spell] of spells)
        if (spell.untilMs <= clock.nowMs()) spells.set(own, turnPlace(own, spell));
      if (radio.untilMs <= clock.nowMs()) radio = turnRadio(radio);
    },
    calmSinceMs(place) {
      const spell = spells.get(place);
      if (spell === undefined || spell.fault !== undefined || radio.fault !== undefined) return undefined;
      return Math.max(spell.endedMs, radio.endedMs, place.struckMs);
    },
  };
}
