// Devices on the virtual radio whose values say when they were held, with the faults that each can have: by every reading it
// can be told how old each of its values is.

import { type DeviceDefinition, definitions, type Values } from '@wattline/protocols';
import type { Random } from '../../protocols/test/random.ts';
import type { Peripheral } from '../../simulator/src/radio/peripheral.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import type { Connect } from '../src/transport.ts';
import type { FastClock } from './fast-clock.ts';
import { kindsOnAir } from './soak-air.ts';
import { kindsOnBus } from './soak-buses.ts';
import { kindsOnCable } from './soak-cables.ts';
import type { CableEnd, Kind, Making, Stamp, View } from './soak-kinds.ts';
import { createHidWire, createWire, hidPort, type Reach } from './soak-wire.ts';

export const tickMs = 100;

export const answerFaults = [
  'no answer',
  'cut',
  'damaged',
  'late',
  'hang-up',
  'refused',
  'vanished',
] as const;
export type DeviceFault = (typeof answerFaults)[number];

/** Where a device is, or several at one port: what befalls it befalls all of them. */
export interface SoakPlace {
  readonly reach: Reach;
  /** Where it is on the air. */
  readonly peripheral?: Peripheral;
  /** Where it is at a cable. */
  readonly connect?: Connect;
  readonly faults: readonly DeviceFault[];
  /** What it suffers now, now and then. */
  fault: DeviceFault | undefined;
  /** When it was struck last, ms. */
  struckMs: number;
  /** What it was sent and does not know. */
  readonly strange: readonly string[];
  readonly remove?: () => void;
}

export interface SoakDevice {
  readonly place: SoakPlace;
  readonly device: ReadDevice;
  readonly stamps: readonly Stamp[];
  /** How much older than its reading a value may be. */
  readonly apartMs: number;
}

/** ms since each value of a reading was held, as far as it says that. */
export const agesOf = ({ stamps }: SoakDevice, values: Values, nowMs: number): number[] =>
  stamps.flatMap(({ field, perUnit, modulus }) => {
    const value = values[field];
    if (typeof value !== 'number') return [];
    const late = (Math.floor(nowMs / tickMs) - Math.round(value * perUnit)) % modulus;
    return [tickMs * (late < 0 ? late + modulus : late)];
  });

const definitionOf = (id: string): DeviceDefinition => {
  const found = definitions.find((each) => each.id === id);
  if (found === undefined) throw new Error(`the catalogue lacks ${id}`);
  return found;
};

export const isAsked = ({ device }: Pick<SoakDevice, 'device'>): boolean =>
  device.definition.ask !== undefined;

const strikesOf: { readonly [fault in DeviceFault]?: number } = { 'hang-up': 12 };
const strikesDefault = 3;
const lateMsMax = 4000;

export const kinds: { readonly [name: string]: Kind } = { ...kindsOnAir, ...kindsOnCable, ...kindsOnBus };

/** @param intervalMs between readings of each */
export function soakDevices(clock: FastClock, random: Random, intervalMs: number): SoakDevice[] {
  return Object.entries(kinds).flatMap(([name, kind], index) => {
    const { place, at } = placeOf(name, kind, index, clock, random);
    const { secret } = kind;
    const views: readonly (readonly [string, View])[] = [[name, kind], ...Object.entries(kind.besides ?? {})];
    return views.map(([own, { definition, stamps, apartMs = 0 }]): SoakDevice => {
      const device = { name: own, intervalMs, definition: definitionOf(definition), ...at };
      return {
        ...{ place, stamps, apartMs },
        device: secret === undefined ? device : { ...device, secret },
      };
    });
  });
}

interface Placed {
  readonly place: SoakPlace;
  readonly at: Pick<ReadDevice, 'address' | 'port' | 'bus'>;
}

function placeOf(name: string, kind: Kind, index: number, clock: FastClock, random: Random): Placed {
  const { nowMs } = clock;
  const address = `A4:C1:38:00:00:${String(10 + index)}`;
  const strikes: Strikes = (...of) => {
    if (place.fault === undefined || !of.includes(place.fault)) return false;
    if (random.below(strikesOf[place.fault] ?? strikesDefault) > 0) return false;
    place.struckMs = nowMs();
    return true;
  };
  const disturbed = (chunks: readonly Uint8Array[]): Uint8Array[] =>
    struck(chunks, strikes('no answer', 'cut', 'damaged') && place.fault, random, kind.medium !== 'can');
  const pipe: Making['pipe'] = (receive) => ({ receive: (bytes) => disturbed(receive(bytes)) });
  const ticks = (modulus: number): number => Math.floor(nowMs() / tickMs) % modulus;
  const isSilent = (): boolean => place.fault === 'no answer';
  const options = { address, intervalMs: 700 };
  const { by, strange = [] } = kind.make({ ticks, random, isSilent, pipe, options });
  const state = { faults: answerFaults, fault: undefined, struckMs: 0, strange };
  let place: SoakPlace;
  if (!('receive' in by)) {
    const isHeard = definitionOf(kind.definition).ask === undefined;
    place = { ...state, reach: by, peripheral: by, ...(isHeard ? { faults: ['vanished'] } : {}) };
    disturb(by, strikes, nowMs, random);
    return { place, at: { address } };
  }
  const end: CableEnd = by;
  const { says } = end;
  const line = {
    ...(says === undefined ? end : { ...end, says: () => disturbed(says()) }),
    breaks: () => strikes('hang-up'),
    lateMs: () => (strikes('late') ? random.below(lateMsMax) : 0),
  };
  if (kind.medium === undefined) {
    place = { ...state, ...createWire(line) };
    return { place, at: { port: `/dev/${name}` } };
  }
  if (kind.medium === 'can') {
    place = { ...state, ...createWire(line), faults: answerFaults.filter((fault) => fault !== 'late') };
    const bus = { adapter: kind.adapter ?? 'usb-can-a', bitRate: 500_000, ...onlyListening };
    return { place, at: { port: `/dev/${name}`, bus } };
  }
  const reports = definitionOf(kind.definition).media.find(({ medium }) => medium === 'hid');
  if (reports?.medium !== 'hid') throw new Error(`${kind.definition} is not reached by USB HID`);
  place = { ...state, ...createHidWire({ ...line, reports, hold: clock.hold }) };
  return { place, at: { port: hidPort } };
}

const onlyListening = { isListenOnly: true, keepsAlive: false } as const;

type Strikes = (...of: readonly DeviceFault[]) => boolean;

/**
 * What becomes of the answers of a device behind a pipe.
 *
 * @param isChecked a byte that was changed is found out; where it cannot be, none is changed, but one lost
 */
function struck(
  answers: readonly Uint8Array[],
  fault: DeviceFault | undefined | false,
  random: Random,
  isChecked: boolean,
): Uint8Array[] {
  switch (fault) {
    case 'no answer':
      return [];
    case 'cut':
      return answers.map((answer) => answer.subarray(0, random.below(answer.length)));
    case 'damaged':
      if (random.below(3) === 0) return [...answers, ...answers];
      return random.below(2) === 0
        ? [random.bytes(random.below(40)), ...answers]
        : answers.map((answer) => spoilt(answer, random, isChecked));
    default:
      return [...answers];
  }
}

function spoilt(answer: Uint8Array, random: Random, isChecked: boolean): Uint8Array {
  const at = random.below(answer.length);
  return isChecked ? answer.with(at, random.below(256)) : answer.filter((_, index) => index !== at);
}

const readRequest = 0x0a;
const readResponse = 0x0b;

/** Faults of the connection, and of values that are read one by one. */
function disturb(peripheral: Peripheral, strikes: Strikes, nowMs: () => number, random: Random): void {
  const { gatt } = peripheral;
  const { handle, opened, closed } = gatt;
  let connections = 0;
  gatt.handle = (packet) => {
    if (strikes('hang-up')) {
      peripheral.hangUp();
      return;
    }
    if (packet[0] === readRequest && strikes('no answer')) return;
    handle(packet);
  };
  gatt.closed = () => {
    connections++;
    closed();
  };
  gatt.opened = (send) => {
    const own = connections;
    let freeMs = 0;
    opened((packet) => {
      const isCut = packet[0] === readResponse && strikes('cut');
      const sent = isCut ? packet.subarray(0, 1 + random.below(packet.length)) : packet;
      const atMs = Math.max(freeMs, nowMs() + (strikes('late') ? random.below(lateMsMax) : 0));
      freeMs = atMs;
      // It was said when it was held, and comes later.
      if (atMs > nowMs()) setTimeout(() => own === connections && send(sent), atMs - nowMs());
      else send(sent);
    });
  };
}
