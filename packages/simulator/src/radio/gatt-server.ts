// The GATT server of a simulated peripheral: the answers of the attribute protocol.
// Bluetooth Core Specification, Vol 3 Part F (ATT), 3.4.

import { type Attribute, attributeTable, type Service } from './gatt-attributes.ts';
import { sameUuid, u8, u16 } from './hci-bytes.ts';

export interface GattServer {
  /** A central connected; `send` carries attribute protocol packets to it. */
  opened(send: (packet: Buffer) => void): void;
  closed(): void;
  /** One attribute protocol packet of the central. */
  handle(packet: Buffer): void;
  /** `false`: nobody is subscribed. Data beyond what one packet carries are cut, as the protocol does. */
  notify(uuid: string, data: Buffer): boolean;
}

export interface GattOptions {
  readonly name: string;
  readonly services: readonly Service[];
  readonly mtuMax: number;
  /** A central switched notifications (1), indications (2) or both off (0). */
  readonly onSubscribe?: (uuid: string, value: number) => void;
}

const mtuDefault = 23;
const errorCode = {
  invalidHandle: 0x01,
  noRead: 0x02,
  noWrite: 0x03,
  unsupported: 0x06,
  offset: 0x07,
  notFound: 0x0a,
} as const;

interface ServerState {
  readonly options: GattOptions;
  readonly attributes: readonly Attribute[];
  mtu: number;
  prepared: { readonly handle: number; readonly data: Buffer }[];
}

/** What goes back to the central, and what happens after it. */
interface Outcome {
  readonly answer?: Buffer;
  readonly afterwards?: () => void;
}

export function createGattServer(options: GattOptions): GattServer {
  const attributes = attributeTable(options.name, options.services);
  const state: ServerState = { options, attributes, mtu: mtuDefault, prepared: [] };
  let send: ((packet: Buffer) => void) | undefined;
  return {
    opened(sender) {
      send = sender;
      state.mtu = mtuDefault;
      for (const attribute of attributes) if (attribute.configures) attribute.value = u16(0);
    },
    closed() {
      send = undefined;
      state.prepared = [];
    },
    handle(packet) {
      const { answer, afterwards } = answerTo(packet, state);
      if (answer) send?.(answer);
      afterwards?.();
    },
    notify(uuid, data) {
      const value = attributes.find(({ characteristic }) => characteristic?.uuid === uuid);
      const subscribed = attributes.find(({ configures }) => configures?.uuid === uuid)?.value[0] ?? 0;
      if (!send || !value || subscribed === 0) return false;
      const kind = subscribed & 2 ? 0x1d : 0x1b;
      send(Buffer.concat([u8(kind), u16(value.handle), data.subarray(0, state.mtu - 3)]));
      return true;
    },
  };
}

function answerTo(packet: Buffer, state: ServerState): Outcome {
  const request = packet[0] ?? 0;
  switch (request) {
    case 0x02:
      state.mtu = Math.max(mtuDefault, Math.min(packet.readUInt16LE(1), state.options.mtuMax));
      return { answer: Buffer.concat([u8(0x03), u16(state.options.mtuMax)]) };
    case 0x04:
    case 0x06:
    case 0x08:
    case 0x10:
      return { answer: find(request, packet, state) };
    case 0x0a:
    case 0x0c:
      return { answer: read(request, packet, state) };
    case 0x12:
    case 0x52:
      return write(request, packet.readUInt16LE(1), packet.subarray(3), state);
    case 0x16:
      state.prepared.push({ handle: packet.readUInt16LE(1), data: Buffer.from(packet.subarray(5)) });
      return { answer: Buffer.concat([u8(0x17), packet.subarray(1)]) };
    case 0x18:
      return executeWrites(packet[1] === 1, state);
    default:
      // Odd codes are answers and confirmations of the central, codes with bit 6 are commands: neither is answered.
      return request & 0x41 ? {} : { answer: refusal(request, 0, errorCode.unsupported) };
  }
}

const refusal = (request: number, handle: number, code: number): Buffer =>
  Buffer.concat([u8(0x01, request), u16(handle), u8(code)]);

function read(request: number, packet: Buffer, state: ServerState): Buffer {
  const handle = packet.readUInt16LE(1);
  const offset = request === 0x0c ? packet.readUInt16LE(3) : 0;
  const attribute = state.attributes[handle - 1];
  if (attribute === undefined) return refusal(request, handle, errorCode.invalidHandle);
  const { characteristic } = attribute;
  if (characteristic && !characteristic.properties.includes('read')) {
    return refusal(request, handle, errorCode.noRead);
  }
  const value = characteristic?.onRead?.() ?? attribute.value;
  if (offset > value.length) return refusal(request, handle, errorCode.offset);
  return Buffer.concat([u8(request + 1), value.subarray(offset, offset + state.mtu - 1)]);
}

function write(request: number, handle: number, data: Buffer, state: ServerState): Outcome {
  const isCommand = request === 0x52;
  const attribute = state.attributes[handle - 1];
  const error = attribute === undefined ? errorCode.invalidHandle : writeError(attribute);
  if (error !== undefined) return isCommand ? {} : { answer: refusal(request, handle, error) };
  const bytes = Buffer.from(data);
  return {
    ...(isCommand ? {} : { answer: u8(0x13) }),
    afterwards: () => {
      if (attribute?.configures) {
        attribute.value = bytes;
        state.options.onSubscribe?.(attribute.configures.uuid, bytes[0] ?? 0);
      }
      attribute?.characteristic?.onWrite?.(bytes);
    },
  };
}

function writeError({ configures, characteristic }: Attribute): number | undefined {
  const writable = characteristic?.properties.some((property) => property.startsWith('write'));
  return configures || writable ? undefined : errorCode.noWrite;
}

function executeWrites(commit: boolean, state: ServerState): Outcome {
  const [first, ...more] = state.prepared;
  state.prepared = [];
  if (!commit || !first) return { answer: u8(0x19) };
  const data = Buffer.concat([first.data, ...more.map((part) => part.data)]);
  return { ...write(0x12, first.handle, data, state), answer: u8(0x19) };
}

function find(request: number, packet: Buffer, state: ServerState): Buffer {
  const [first, last] = [packet.readUInt16LE(1), packet.readUInt16LE(3)];
  const sought = packet.subarray(5);
  const found = state.attributes.filter(
    (attribute) =>
      attribute.handle >= first && attribute.handle <= last && matches(request, attribute, sought),
  );
  if (found.length === 0) return refusal(request, first, errorCode.notFound);
  if (request === 0x06) {
    const entries = equallyLong(found, state.mtu - 1, ({ handle, groupEnd }) =>
      u16(handle, groupEnd ?? handle),
    );
    return Buffer.concat([u8(0x07), ...entries]);
  }
  const entries = equallyLong(found, state.mtu - 2, ({ handle, groupEnd, type, value }) => {
    if (request === 0x04) return Buffer.concat([u16(handle), type]);
    return Buffer.concat([request === 0x08 ? u16(handle) : u16(handle, groupEnd ?? handle), value]);
  });
  const length = entries[0]?.length ?? 0;
  // Find information says which kind of UUID follows (1: 16 bits), the others say how long an entry is.
  return Buffer.concat([u8(request + 1, request === 0x04 ? (length === 4 ? 1 : 2) : length), ...entries]);
}

function matches(request: number, { type, value, groupEnd }: Attribute, sought: Buffer): boolean {
  if (request === 0x04) return true;
  if (request === 0x06) return type.equals(sought.subarray(0, 2)) && sameUuid(value, sought.subarray(2));
  return sameUuid(type, sought) && (request === 0x08 || groupEnd !== undefined);
}

/** As many entries of the first one's length as fit into the room of a packet. */
function equallyLong(
  found: readonly Attribute[],
  roomBytes: number,
  entry: (attribute: Attribute) => Buffer,
): Buffer[] {
  const entries: Buffer[] = [];
  let room = roomBytes;
  for (const bytes of found.map(entry)) {
    if (bytes.length !== (entries[0] ?? bytes).length || bytes.length > room) break;
    entries.push(bytes);
    room -= bytes.length;
  }
  return entries;
}
