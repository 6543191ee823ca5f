// A virtual radio as the socket object that noble's HCI code wants: the interface of @stoprocent/bluetooth-hci-socket.

import { EventEmitter } from 'node:events';
import type { HostEnd, VirtualRadio } from './virtual-radio.ts';

export interface FakeHciSocket extends EventEmitter {
  bindRaw(): number;
  bindUser(): number;
  bindControl(): number;
  getDeviceList(): { readonly devId: number; readonly devUp: boolean }[];
  isDevUp(): boolean;
  setFilter(): void;
  cleanup(): void;
  start(): void;
  stop(): void;
  reset(): void;
  write(packet: Uint8Array): void;
  /** Fault: the adapter is unplugged or plugged in again. */
  setUp(up: boolean): void;
}

/** Packets go both ways in a microtask of their own, as they never come inside the call that causes them. */
export function fakeHciSocket(radio: VirtualRadio): FakeHciSocket {
  let running = false;
  let up = true;
  const socket = new EventEmitter();
  const plugIn = (): HostEnd =>
    radio.attach((packet) => {
      queueMicrotask(() => {
        if (running && up) socket.emit('data', packet);
      });
    });
  let host = plugIn();
  const write = (packet: Uint8Array): void => {
    const copy = Buffer.from(packet);
    queueMicrotask(() => {
      if (up) host.write(copy);
    });
  };
  return Object.assign(socket, {
    bindRaw: () => 0,
    bindUser: () => 0,
    bindControl: () => 0,
    getDeviceList: () => [{ devId: 0, devUp: true }],
    isDevUp: () => up,
    setFilter: () => {},
    cleanup: () => {},
    start: () => {
      running = true;
    },
    stop: () => {
      running = false;
      host.detach();
    },
    reset: () => write(Uint8Array.of(0x01, 0x03, 0x0c, 0x00)),
    write,
    setUp: (now: boolean) => {
      up = now;
      host.detach();
      if (up) host = plugIn();
      socket.emit('state', now);
    },
  });
}
