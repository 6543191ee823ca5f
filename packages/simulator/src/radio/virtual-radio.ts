// A virtual Bluetooth LE controller with simulated peripherals in its air. It speaks HCI as H4 packets (01 command,
// 02 ACL data, 04 event) and can be attached in process (`fakeHciSocket`) or reached as a byte stream (`serveH4`).
// The host is the central (scanning, connecting, GATT client); no pairing, legacy advertising only.
// Bluetooth Core Specification, Vol 4 Part A (H4) and Part E (HCI), Vol 6 Part B, 4.4 (advertising).

import { EventEmitter } from 'node:events';
import { addressTypeCode, type Connections, createConnections, keyOf } from './connections.ts';
import { addressBytes, u8 } from './hci-bytes.ts';
import { type CommandSurroundings, type RadioState, resetCode, runCommand } from './hci-commands.ts';
import type { Peripheral } from './peripheral.ts';
import { createTimers, type Timers } from './timers.ts';

export interface RadioOptions {
  /** The controller's own. */
  readonly address?: string;
  readonly connectMs?: number;
  /** From a packet of the host to the answer of a peripheral. */
  readonly roundTripMs?: number;
  /** Overrides the supervision timeout that the host asks for. */
  readonly supervisionMs?: number;
  readonly aclBytesMax?: number;
  readonly random?: () => number;
}

/** The host's end of the byte stream between host and controller. */
export interface HostEnd {
  /** H4 packets, however they are cut. */
  write(bytes: Uint8Array): void;
  /** Without a host the controller is off: it scans no more, its connections are gone. */
  detach(): void;
}

export interface VirtualRadio {
  readonly peripherals: ReadonlySet<Peripheral>;
  readonly events: EventEmitter<{ scan: [scanning: boolean] }>;
  readonly scanning: boolean;
  /** Attempts to connect that reached a peripheral. */
  readonly connectAttempts: number;
  /** Packets of the host that reached a peripheral over a connection. */
  readonly packetsTaken: number;
  add(peripheral: Peripheral): Peripheral;
  remove(peripheral: Peripheral): void;
  byName(name: string): Peripheral | undefined;
  /** One advertising event of a peripheral, now; it need not have been added. */
  advertise(peripheral: Peripheral): void;
  /** Gives `receive` whole packets from now on. The host attached last owns the radio, which begins anew for it. */
  attach(receive: (packet: Buffer) => void): HostEnd;
  close(): void;
}

/** Random part of the advertising interval, Vol 6 Part B, 4.4.2.2. */
const advertisingDelayMsMax = 10;

interface Air {
  readonly state: RadioState;
  readonly connections: Connections;
  readonly event: (code: number, parameters: Buffer) => void;
}

export function createVirtualRadio(options: RadioOptions = {}): VirtualRadio {
  const { address = '02:00:00:00:00:01', aclBytesMax = 251, random = Math.random } = options;
  const peripherals = new Set<Peripheral>();
  const timers = createTimers<Peripheral>();
  const events = new EventEmitter<{ scan: [boolean] }>();
  const state = idleState();
  let receive: ((packet: Buffer) => void) | undefined;
  const packet = (bytes: Buffer): void => receive?.(bytes);
  const event = (code: number, parameters: Buffer): void =>
    packet(Buffer.concat([u8(4, code, parameters.length), parameters]));
  const { connectMs = 5, roundTripMs = 0, supervisionMs } = options;
  const { later } = timers;
  const connections = createConnections({
    connectMs,
    roundTripMs,
    supervisionMs,
    aclBytesMax,
    packet,
    event,
    later,
  });
  const air: Air = { state, connections, event };
  const scanChanged = (scanning: boolean): void => void events.emit('scan', scanning);
  const surroundings = { address, aclBytesMax, aclPacketsMax: 8, random, scanChanged, ...air };

  function remove(peripheral: Peripheral): void {
    peripheral.vanish();
    peripherals.delete(peripheral);
    timers.stop(peripheral);
  }
  return {
    peripherals,
    events,
    get scanning() {
      return state.scan !== undefined;
    },
    get connectAttempts() {
      return connections.attempts;
    },
    get packetsTaken() {
      return connections.packets;
    },
    add(peripheral) {
      peripherals.add(peripheral);
      keepAdvertising(peripheral, air, timers, random);
      return peripheral;
    },
    remove,
    byName: (name) => [...peripherals].find((peripheral) => peripheral.name === name),
    advertise: (peripheral) => advertise(peripheral, air),
    attach(receiver) {
      const detach = (): void => {
        receive = undefined;
        runCommand(resetCode, Buffer.alloc(0), surroundings);
      };
      detach();
      receive = receiver;
      return hostEnd(surroundings, () => {
        if (receive === receiver) detach();
      });
    },
    close() {
      for (const peripheral of peripherals) remove(peripheral);
      timers.stopAll();
      receive = undefined;
    },
  };
}

const idleState = (): RadioState => ({
  scan: undefined,
  scanIsActive: false,
  scansAcceptListOnly: false,
  acceptList: new Set(),
  seen: new Set(),
  pending: undefined,
});

function advertise(peripheral: Peripheral, { state, connections, event }: Air): void {
  if (!peripheral.present || peripheral.link) return;
  const key = keyOf(peripheral);
  const { pending, scan } = state;
  const wanted = pending && (pending.key === key || (pending.fromAcceptList && state.acceptList.has(key)));
  if (wanted && peripheral.connectable) {
    state.pending = undefined;
    connections.connect(peripheral, pending);
    return;
  }
  if (!scan || (state.scansAcceptListOnly && !state.acceptList.has(key))) return;
  // The standard's duplicate filter goes by the address alone.
  if (scan.filtersDuplicates && state.seen.has(key)) return;
  if (scan.filtersDuplicates) state.seen.add(key);
  const { scanResponse, connectable } = peripheral;
  const type = connectable ? 0 : scanResponse.length > 0 ? 2 : 3;
  const rssi = peripheral.rssi();
  event(0x3e, report(peripheral, type, peripheral.advertising(), rssi));
  if (state.scanIsActive && scanResponse.length > 0) event(0x3e, report(peripheral, 4, scanResponse, rssi));
}

/** The parameters of an "LE Advertising Report" event with one report. */
function report(peripheral: Peripheral, type: number, data: Buffer, rssi: number): Buffer {
  const head = [u8(0x02, 1, type, addressTypeCode(peripheral)), addressBytes(peripheral.address)];
  return Buffer.concat([...head, u8(data.length), data, u8(rssi)]);
}

function keepAdvertising(
  peripheral: Peripheral,
  air: Air,
  timers: Timers<Peripheral>,
  random: () => number,
): void {
  const { intervalMs } = peripheral;
  if (!Number.isFinite(intervalMs)) return;
  const delayMs = random() * Math.min(advertisingDelayMsMax, intervalMs / 4);
  timers.start(peripheral, intervalMs + delayMs, () => {
    keepAdvertising(peripheral, air, timers, random);
    advertise(peripheral, air);
  });
}

function hostEnd(surroundings: CommandSurroundings, detach: () => void): HostEnd {
  let received: Buffer = Buffer.alloc(0);
  return {
    detach,
    write(bytes) {
      received = takePackets(Buffer.concat([received, bytes]), (whole) => {
        if (whole[0] === 1) runCommand(whole.readUInt16LE(1), whole.subarray(4), surroundings);
        else surroundings.connections.acl(whole);
      });
    },
  };
}

/** Hands over the whole packets at the head of `bytes`; returns the rest. Steps over bytes that begin no packet. */
function takePackets(bytes: Buffer, take: (packet: Buffer) => void): Buffer {
  let rest = bytes;
  for (;;) {
    const type = rest[0];
    if (type !== undefined && type !== 1 && type !== 2) {
      rest = rest.subarray(1);
      continue;
    }
    const headerBytes = type === 1 ? 4 : 5;
    if (rest.length < headerBytes) return rest;
    const length = headerBytes + (type === 1 ? rest.readUInt8(3) : rest.readUInt16LE(3));
    if (rest.length < length) return rest;
    take(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
}
