// Devices on the virtual radio whose values say when they were held, with the faults that each can have: by every reading it
// can be told how old each of its values is.

import { type DeviceDefinition, definitions, type Values } from '@wattline/protocols';
import type { Random } from '../../protocols/test/random.ts';
import type { Peripheral } from '../../simulator/src/radio/peripheral.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import type { Connect } from '../src/transport.ts';
import { kinds, type Making, type Stamp } from './soak-families.ts';
import { createWire, type Reach } from './soak-wire.ts';

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

export interface SoakDevice {
  readonly device: ReadDevice;
  readonly reach: Reach;
  /** Where it is on the air. */
  readonly peripheral?: Peripheral;
  /** Where it is at a cable. */
  readonly connect?: Connect;
  readonly stamps: readonly Stamp[];
  /** What it suffers now, now and then. */
  fault: DeviceFault | undefined;
  /** When it was struck last, ms. */
  struckMs: number;
  /** What it was sent and does not know. */
  readonly strange: readonly string[];
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

export const isAsked = ({ device }: SoakDevice): boolean => device.definition.ask !== undefined;

const strikesOf: { readonly [fault in DeviceFault]?: number } = { 'hang-up': 12 };
const strikesDefault = 3;
const lateMsMax = 4000;

/** @param intervalMs between readings of each */
export function soakDevices(nowMs: () => number, random: Random, intervalMs: number): SoakDevice[] {
  const ticks = (modulus: number): number => Math.floor(nowMs() / tickMs) % modulus;
  return Object.entries(kinds).map(([name, { definition, secret, stamps, make }], index): SoakDevice => {
    const address = `A4:C1:38:00:00:${String(10 + index)}`;
    const strikes = (...of: readonly DeviceFault[]): boolean => {
      if (own.fault === undefined || !of.includes(own.fault)) return false;
      if (random.below(strikesOf[own.fault] ?? strikesDefault) > 0) return false;
      own.struckMs = nowMs();
      return true;
    };
    const pipe: Making['pipe'] = (receive) => ({
      receive: (bytes) => struck(receive(bytes), strikes('no answer', 'cut', 'damaged') && own.fault, random),
    });
    const made = make({ ticks, random, pipe, options: { address, intervalMs: 700 } });
    const common = { name, intervalMs, definition: definitionOf(definition) };
    const secretly = { ...common, ...(secret === undefined ? {} : { secret }) };
    const state = { stamps, fault: undefined, struckMs: 0, strange: made.strange ?? [] };
    const { by } = made;
    let own: SoakDevice;
    if ('receive' in by) {
      const wire = createWire({
        ...{ receive: by.receive, breaks: () => strikes('hang-up') },
        lateMs: () => (strikes('late') ? random.below(lateMsMax) : 0),
      });
      const connect: Connect = (signal) => wire.connect(signal);
      own = { ...state, reach: wire, connect, device: { ...secretly, port: `/dev/${name}` } };
    } else {
      own = { ...state, reach: by, peripheral: by, device: { ...secretly, address } };
      disturb(by, strikes, nowMs, random);
    }
    return own;
  });
}

/** What becomes of the answers of a device behind a pipe. */
function struck(
  answers: readonly Uint8Array[],
  fault: DeviceFault | undefined | false,
  random: Random,
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
        : answers.map((answer) => answer.with(random.below(answer.length), random.below(256)));
    default:
      return [...answers];
  }
}

const readRequest = 0x0a;
const readResponse = 0x0b;

/** Faults of the connection, and of values that are read one by one. */
function disturb(
  peripheral: Peripheral,
  strikes: (...of: readonly DeviceFault[]) => boolean,
  nowMs: () => number,
  random: Random,
): void {
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
