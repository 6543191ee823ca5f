// Connections of the virtual controller: from "LE Create Connection" to the supervision timeout, and the ACL packets
// between the host and the peripherals' GATT servers. Bluetooth Core Specification, Vol 4 Part E, 5.4.2 and 7.8.12.

import { addressBytes, u8, u16 } from './hci-bytes.ts';
import type { Peripheral, PeripheralLink } from './peripheral.ts';

/** What the host asked for. */
export interface PendingConnection {
  readonly key: PeripheralKey;
  readonly fromAcceptList: boolean;
  readonly interval: number;
  readonly latency: number;
  /** Supervision timeout in units of 10 ms. */
  readonly timeout: number;
}

export interface ConnectionOptions {
  /** Default: what the host asked for. */
  readonly supervisionMs: number | undefined;
  /** From the advertisement that is answered to the completed connection. */
  readonly connectMs: number;
  /** From a packet of the host to what the peripheral answers; 0: at once. */
  readonly roundTripMs: number;
  readonly aclBytesMax: number;
  readonly packet: (packet: Buffer) => void;
  readonly event: (code: number, parameters: Buffer) => void;
  readonly later: (ms: number, action: () => void) => void;
}

export interface Connections {
  /** Attempts that reached a peripheral. */
  readonly attempts: number;
  /** Packets of the host that reached a peripheral. */
  readonly packets: number;
  has(key: PeripheralKey): boolean;
  connect(peripheral: Peripheral, pending: PendingConnection): void;
  /** One ACL packet of the host. */
  acl(packet: Buffer): void;
  disconnect(handle: number): void;
  /** The controller was reset: all connections are gone, the host is told nothing. */
  reset(): void;
}

/** Address type and address. */
export type PeripheralKey = `${number} ${string}`;

export const peripheralKey = (addressType: number, address: string): PeripheralKey =>
  `${addressType} ${address}`;
export const addressTypeCode = ({ addressType }: Peripheral): number => (addressType === 'random' ? 1 : 0);
export const keyOf = (peripheral: Peripheral): PeripheralKey =>
  peripheralKey(addressTypeCode(peripheral), peripheral.address);

interface Connection extends PeripheralLink {
  readonly handle: number;
  readonly peripheral: Peripheral;
  received: Buffer;
  lost: boolean;
}

const hostEnded = 0x16;
const supervisionTimeout = 0x08;
const establishmentFailed = 0x3e;
const attChannel = 4;
const signalingChannel = 5;
const securityChannel = 6;
const handleFirst = 0x40;
const handleLast = 0xeff;

export function createConnections(options: ConnectionOptions): Connections {
  const open = new Map<number, Connection>();
  let handle = handleLast;
  let attempts = 0;
  let packets = 0;
  const { roundTripMs } = options;
  return {
    get attempts() {
      return attempts;
    },
    get packets() {
      return packets;
    },
    has: (key) => [...open.values()].some(({ peripheral }) => keyOf(peripheral) === key),
    connect(peripheral, pending) {
      attempts++;
      if (peripheral.failConnect > 0) {
        peripheral.failConnect--;
        const failure = completion(establishmentFailed, 0, peripheral, pending);
        options.later(options.connectMs, () => options.event(0x3e, failure));
        return;
      }
      handle = handle >= handleLast ? handleFirst : handle + 1;
      const connection = createConnection(handle, peripheral, pending, options, open);
      open.set(handle, connection);
      peripheral.link = connection;
      peripheral.gatt.opened((packet) => {
        if (!connection.lost) send(connection.handle, attChannel, packet, options);
      });
      peripheral.events.emit('connect');
      const success = completion(0, handle, peripheral, pending);
      options.later(options.connectMs, () => options.event(0x3e, success));
    },
    acl(packet) {
      const header = packet.readUInt16LE(1);
      const connection = open.get(header & 0xfff);
      options.event(0x13, Buffer.concat([u8(1), u16(header & 0xfff, 1)]));
      if (connection === undefined || connection.lost) return;
      const continued = ((header >> 12) & 3) === 1;
      const body = Buffer.from(packet.subarray(5));
      packets++;
      const take = (): void =>
        takeBody(connection, continued ? Buffer.concat([connection.received, body]) : body, options);
      if (roundTripMs === 0) take();
      else options.later(roundTripMs, () => open.get(connection.handle) === connection && take());
    },
    disconnect: (number) => open.get(number)?.close(hostEnded),
    reset() {
      for (const { peripheral } of open.values()) part(peripheral, hostEnded);
      open.clear();
    },
  };
}

function createConnection(
  handle: number,
  peripheral: Peripheral,
  pending: PendingConnection,
  options: ConnectionOptions,
  open: Map<number, Connection>,
): Connection {
  return {
    handle,
    peripheral,
    received: Buffer.alloc(0),
    lost: false,
    lose() {
      this.lost = true;
      options.later(options.supervisionMs ?? pending.timeout * 10, () => this.close(supervisionTimeout));
    },
    close(reason) {
      if (!open.delete(handle)) return;
      part(peripheral, reason);
      options.event(0x05, Buffer.concat([u8(0), u16(handle), u8(reason)]));
    },
  };
}

function part(peripheral: Peripheral, reason: number): void {
  peripheral.link = undefined;
  peripheral.gatt.closed();
  peripheral.events.emit('disconnect', reason);
}

function completion(
  status: number,
  handle: number,
  peripheral: Peripheral,
  { interval, latency, timeout }: PendingConnection,
): Buffer {
  const peer = Buffer.concat([u8(addressTypeCode(peripheral)), addressBytes(peripheral.address)]);
  return Buffer.concat([u8(0x01, status), u16(handle), u8(0), peer, u16(interval, latency, timeout), u8(0)]);
}

function send(handle: number, channel: number, data: Buffer, options: ConnectionOptions): void {
  const frame = Buffer.concat([u16(data.length, channel), data]);
  for (let start = 0; start < frame.length; start += options.aclBytesMax) {
    const piece = frame.subarray(start, start + options.aclBytesMax);
    const boundary = start === 0 ? 2 : 1;
    options.packet(Buffer.concat([u8(2), u16(handle | (boundary << 12), piece.length), piece]));
  }
}

function takeBody(connection: Connection, received: Buffer, options: ConnectionOptions): void {
  const whole = received.length >= 4 && received.length >= 4 + received.readUInt16LE(0);
  connection.received = whole ? Buffer.alloc(0) : received;
  if (!whole) return;
  const { handle, peripheral } = connection;
  const channel = received.readUInt16LE(2);
  const data = received.subarray(4);
  if (channel === attChannel && !peripheral.silent) peripheral.gatt.handle(data);
  // Pairing is not supported; new connection parameters are accepted.
  if (channel === securityChannel) send(handle, securityChannel, u8(0x05, 0x05), options);
  if (channel === signalingChannel && data[0] === 0x12) {
    send(handle, signalingChannel, Buffer.concat([u8(0x13, data[1] ?? 0), u16(2, 0)]), options);
  }
}
