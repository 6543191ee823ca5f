// A device definition, and from bytes to a decoded record.

import type { Fields, Unit, Value, Values } from './field.ts';
import type { Frames } from './frames.ts';
import type { DeviceKind } from './kinds.ts';
import type { VendorWord } from './reading.ts';
import type { Exchange, Session } from './session.ts';

/** One unit as heard: an advertisement's manufacturer data (after the company id), or a CAN frame. */
export interface Packet {
  /** Company id of an advertisement, identifier of a CAN frame. */
  readonly source: number;
  readonly payload: Uint8Array;
  readonly address?: string;
  readonly rssi?: number;
}

/** How a device is reached. Ids of services and characteristics: 4 hex digits, or 32 with dashes, lower case. */
export type Medium =
  | { readonly medium: 'advertisement'; readonly company: number }
  | { readonly medium: 'serial'; readonly baudRate: number }
  /** A pipe over Bluetooth: requests are written, answers are notified. Several of one family are tried in order. */
  | {
      readonly medium: 'gatt';
      /** Where both characteristics are; the second where the one to write to is in a service of its own. */
      readonly services: readonly string[];
      readonly notify: string;
      readonly write: string;
    }
  /**
   * Characteristics that are read one by one. On such a link the request is the id of a characteristic (2 bytes, or 16,
   * high byte first) and its value comes back as one chunk, as it is: reading names its question by itself. Where no
   * service is named, whichever has them.
   */
  | { readonly medium: 'gatt-values'; readonly services: readonly string[] }
  /** USB HID; reports without their id, padding included. */
  | {
      readonly medium: 'hid';
      readonly vendor: number;
      readonly product: number;
      readonly reportBytes: number;
      /** Between the reports of one request; what comes sooner is dropped. */
      readonly reportPauseMs: number;
    }
  /** A bus on which devices talk unasked. */
  | { readonly medium: 'can'; readonly bitRate: number };

/** What a conversation knows of the device before it begins. */
export interface Contact {
  readonly medium: Medium['medium'];
  /** `AA:BB:CC:DD:EE:FF`. */
  readonly address?: string;
  readonly secret?: Uint8Array;
}

export interface PollContext extends Contact {
  /** What the records asked before told: in this poll, and those that are asked once, on this connection. */
  readonly known: Values;
  /** ms since 1970, for requests that carry a date. */
  readonly wallMs: number;
  /** What need not be asked again on this connection, in the family's own words: told once for all, or refused. */
  readonly settled: Set<string>;
}

/** One record decoded: what a device said at one moment. */
export interface Decoded {
  readonly record: string;
  readonly kind: DeviceKind;
  readonly values: Values;
  /** What the device calls itself, by its product id or in its own words. */
  readonly model?: string;
  /** Of one of several units behind the link: `pack_2`. It is a device of its own, `<name>_pack_2`. */
  readonly part?: string;
  /** Family that the device turned out to be of, where its definition leaves that open. */
  readonly family?: string;
}

/** Sound bytes that are no reading, and why, in words for the person at the installation. */
export interface Ignored {
  readonly ignored: string;
}

// Outside its family the payload of a record is of no known type: whatever comes of an answer is taken for it.
export interface RecordDefinition<Payload, Answered = [Payload] extends [never] ? unknown : Payload> {
  readonly kind: DeviceKind;
  /** Which devices send it. */
  readonly about: string;
  readonly fields: Fields<Payload>;
  /** Values the device does not send, from those it does. */
  readonly computed?: readonly Computed[];
  /**
   * For devices that must be asked: the one exchange whose answer holds the fields; or a conversation of any length
   * that ends with the payload, `undefined` when this device has no such record.
   */
  readonly asked?: Exchange | ((context: PollContext) => Session<Answered | undefined>);
  /** Like `asked`, where one link leads to several units. */
  readonly askedOfParts?: (context: PollContext) => Session<readonly Part<Answered>[]>;
  /** From an answer to what the fields point into; absent where that is the answer itself. */
  readonly parse?: (answer: Uint8Array) => Answered;
  /** The record that a payload is of, where answers to one request come in several forms; absent: this one. */
  readonly recordOf?: (payload: Payload) => string;
  /** How often it is asked: each poll where absent; once per connection; `never` in a poll; else at most so often. */
  readonly turn?: 'once' | 'never' | { readonly everyMs: number };
  /** Not every device has it: its silence costs only itself, and one that keeps refusing it is asked no more. */
  readonly optional?: true;
  /** What asking it sends, beyond the request of `asked`. */
  readonly requests?: readonly RequestForm[];
  /** Whether a captured request that Wattline does not make asks for this record too. */
  readonly isAskedBy?: (request: Uint8Array) => boolean;
  /** The exchange of a captured answer, where `asked` is a conversation. */
  readonly answers?: (request: Uint8Array | undefined) => Exchange;
}

/** One unit of several behind a link. */
export interface Part<Payload> {
  /** `pack_2`; `undefined`: the device itself. */
  readonly part?: string;
  readonly payload: Payload;
}

/** Bytes that may be sent. */
export interface RequestForm {
  /** Hex digits of the whole request; a dot is any digit. */
  readonly form: string;
  /** What it does, for the person who reads the device's page. */
  readonly does: string;
  /** What stands at the dots may be written down nowhere. */
  readonly secret?: true;
}

/** One data frame on a bus. */
export interface CanFrame {
  /** 11 bits, or 29 when it is above 0x7FF. */
  readonly id: number;
  readonly data: Uint8Array;
}

/** A value that follows from others of the same record. `undefined`: this record lacks what it is made from. */
export interface Computed {
  readonly field: string;
  readonly kind: 'gauge' | 'counter';
  readonly unit: Unit;
  readonly from: (values: Values) => Value | undefined;
}

/** Hears devices that send packets to everybody. */
interface Hearing {
  /** @throws ProtocolError `key` when the secret does not fit, `corrupt` when the bytes are damaged. */
  readonly decode: (packet: Packet, secret: Uint8Array | undefined) => Decoded | Ignored;
  /** Same as the packet before: a repeat on the air, no new measurement. */
  readonly isRepeat: (packet: Packet, previous: Packet) => boolean;
  /** What an advertisement tells without its key; `undefined`: not of this family. */
  readonly recognise: (packet: Packet) => Recognised | undefined;
}

export interface Recognised {
  readonly record: string;
  readonly kind: DeviceKind;
  readonly model: string;
  readonly needsSecret: boolean;
}

/** Listens to a device that talks unasked on a link. Time is an argument, ms of any one clock. */
export interface Listener {
  /** Feeds bytes however the medium cut them. Returns the records completed by them, damaged ones by their error text. */
  readonly push: (chunk: Uint8Array, timeMs: number) => readonly (Decoded | { readonly corrupt: string })[];
  /** Everything known now: the newest value of each field, without those not heard for long. */
  readonly current: (timeMs: number) => (Decoded & { readonly timeMs: number }) | undefined;
  /** A label has come again: every block of a round has been heard since the device was connected. */
  readonly isWhole: () => boolean;
  /** Labels or parts heard that have no name in the vocabulary, with their last text and how often. */
  readonly unknown: () => ReadonlyMap<string, { readonly text: string; readonly count: number }>;
}

/** Listens to a bus on which devices talk unasked. Time is an argument, ms of any one clock. */
export interface BusListener {
  /** Returns error texts of frames that cannot be right. */
  readonly push: (frame: CanFrame, timeMs: number) => readonly { readonly corrupt: string }[];
  /** Everything known now, one for each unit: the newest value of each field, without those not heard for long. */
  readonly current: (timeMs: number) => readonly (Decoded & { readonly timeMs: number })[];
  /** A frame has come again: every frame of a round has been heard. */
  readonly isWhole: () => boolean;
  /** Frames heard that are no part of the family, by identifier in hex, with their last bytes and how often. */
  readonly unknown: () => ReadonlyMap<string, { readonly text: string; readonly count: number }>;
}

/** Asks a device. */
interface Asking {
  /** After connecting, before the first poll. */
  readonly login?: (contact: Contact) => Session<void>;
  /** What a login and keeping the connection alive send. */
  readonly requests?: readonly RequestForm[];
  /** Answers say what they answer; otherwise a late one could be taken for the next question's. */
  readonly namesQuestion: boolean;
  /** The device ends a connection that nobody keeps alive: where nothing else is configured, each poll makes its own. */
  readonly hangsUp?: true;
  /** Applied over all records of one poll together. */
  readonly computed?: readonly Computed[];
  /** The exchange of a request that no record makes, so that captured refusals are told from silence. */
  readonly exchangeOf?: (request: Uint8Array | undefined) => Exchange | undefined;
}

/** What a stretch of bytes of a device that talks unasked holds. */
export interface StreamContent {
  /** One for each round of blocks, in order. */
  readonly readings: readonly Decoded[];
  /** Error texts of damaged blocks. */
  readonly corrupt: readonly string[];
  /** Why whole blocks gave no reading. */
  readonly ignored: readonly string[];
}

export interface DeviceDefinition {
  /** A family of the vocabulary. */
  readonly id: string;
  readonly name: string;
  /** What a person does before the device can be read, at it or in its maker's app: a sentence or two each. */
  readonly preparation?: readonly string[];
  /** What is not certain of it, and what was decided: a sentence or two each. */
  readonly doubts?: readonly string[];
  /** First topic level: a word that bridges subscribe to. */
  readonly vendor: VendorWord;
  readonly media: readonly Medium[];
  /** What devices that are connected to by Bluetooth call themselves on the air, until somebody renames them. */
  readonly advertisedNames?: RegExp;
  /** What the secret is, in the words of the configuration; absent when the family has none. */
  readonly secret?: {
    readonly setting: 'key' | 'password' | 'pin';
    /** Its length, where it is written in hex. */
    readonly hexDigits?: number;
    /** Its length, where it is written as text. */
    readonly characters?: number;
  };
  /** PIN of a new device, where every device of the family demands a Bluetooth bond. */
  readonly factoryPin?: string;
  // The payload type is the family's own business: outside, records are only looked at.
  readonly records: { readonly [record: string]: RecordDefinition<never> };
  // How the family can be read; what is absent is not its way.
  readonly hear?: Hearing;
  readonly listen?: () => Listener;
  readonly readStream?: (bytes: Uint8Array) => StreamContent;
  readonly listenToBus?: () => BusListener;
  readonly readFrames?: (frames: readonly CanFrame[]) => StreamContent;
  /** Whether the frames on a bus, the newest of each identifier, are of this family. */
  readonly recogniseFrames?: (frames: Frames) => boolean;
  readonly ask?: Asking;
  /** Family that the same device speaks at the same time: where it is read by both, sums count it by that one. */
  readonly besides?: string;
}

/** Power where a device sends voltage and current of the battery but no power; all decimals of the exact product. */
export const batteryPower: Computed = {
  field: 'battery_power',
  kind: 'gauge',
  unit: 'W',
  from: ({ battery_voltage: voltage, battery_current: current, battery_power: sent }) => {
    if (voltage === undefined || current === undefined || sent !== undefined) return undefined;
    if (typeof voltage !== 'number' || typeof current !== 'number') return null;
    // In mV and mA, the finest that a device sends, so that whole numbers are multiplied; + 0 because 0 × −1 is −0.
    return (Math.round(voltage * 1000) * Math.round(current * 1000)) / 1_000_000 + 0;
  },
};
