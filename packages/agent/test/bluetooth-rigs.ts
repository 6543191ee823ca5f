// Virtual radios as rigs for the receivers.

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { flagsStructure, manufacturerStructure } from '../../simulator/src/radio/advertising-payload.ts';
import { fakeHciSocket } from '../../simulator/src/radio/fake-hci-socket.ts';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio, type VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { type HeardPacket, type Moment, type Receiver, TransportError } from '../src/transport.ts';
import type { AdapterChoice } from '../src/transports/adapter-choice.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import type { Controller, OpenController } from '../src/transports/controller.ts';
import type { CreateHci } from '../src/transports/noble-hci.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { company, type ReceiverRig, type Said } from './receiver-conformance.ts';

export const now = (): Moment => ({ wallMs: Date.now(), uptimeMs: performance.now() });

/** A virtual radio as a controller in this process. */
export function controllerOn(radio: VirtualRadio): { readonly controller: Controller; unplug(): void } {
  const socket = fakeHciSocket(radio);
  let lose: (() => void) | undefined;
  const controller: Controller = {
    name: 'virtual',
    start(packet, lost) {
      lose = () => lost(new TransportError('lost', 'the adapter virtual is gone'));
      socket.on('data', packet);
      socket.start();
    },
    write: (packet) => socket.write(packet),
    close: () => {
      socket.stop();
      return Promise.resolve();
    },
  };
  return {
    controller,
    unplug: () => {
      socket.setUp(false);
      lose?.();
    },
  };
}

export function say(radio: VirtualRadio, packets: readonly Said[]): void {
  for (const { address, source, payload, name } of packets) {
    const advertising = Buffer.concat([flagsStructure(), manufacturerStructure(source, payload)]);
    radio.advertise(
      createPeripheral({
        address,
        advertising,
        intervalMs: Number.POSITIVE_INFINITY,
        ...(name ? { name } : {}),
      }),
    );
  }
}

/** noble's HCI code in this process, on a virtual radio. */
export async function inProcessRig(createHci?: CreateHci): Promise<ReceiverRig> {
  const radio = createVirtualRadio();
  let unplug = (): void => {};
  const adapter = (): AdapterChoice => ({
    candidates: [
      async () => {
        const on = controllerOn(radio);
        unplug = on.unplug;
        return on.controller;
      },
    ],
  });
  return {
    receiver: createBluetoothRadio({ adapter, now, ...(createHci && { createHci }) }).receiver([company]),
    start: (packets) => void scanning(radio).then(() => say(radio, packets)),
    listening: () => scanning(radio),
    say: (packets) => say(radio, packets),
    isOpen: () => radio.scanning,
    unplug: () => unplug(),
    close: async () => radio.close(),
  };
}

export async function scanning(radio: VirtualRadio): Promise<void> {
  while (!radio.scanning) await once(radio.events, 'scan');
}

export const radioChildProgram = fileURLToPath(new URL('radio-child-program.ts', import.meta.url));

/** A process of its own, reaching the virtual radio by TCP. */
export async function childRig(): Promise<ReceiverRig> {
  const radio = createVirtualRadio();
  const server = await serveH4(radio);
  return {
    receiver: createWatchedRadio({
      ...{ file: radioChildProgram, adapter: `tcp:127.0.0.1:${server.port}` },
      ...{ now, log: silentLog, retryMs: 1 },
    }).receiver([company]),
    start: (packets) => void scanning(radio).then(() => say(radio, packets)),
    listening: () => scanning(radio),
    say: (packets) => say(radio, packets),
    isOpen: () => radio.scanning,
    unplug: () => server.hangUp(),
    async close() {
      radio.close();
      await server.close();
    },
  };
}

export const silentLog = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

export const opening =
  (radio: VirtualRadio): OpenController =>
  async () =>
    controllerOn(radio).controller;
export const receiverOn = (candidates: readonly OpenController[], address?: string) =>
  createBluetoothRadio({
    adapter: () => (address === undefined ? { candidates } : { candidates, address }),
    now,
  }).receiver([company]);

/** Starts hearing; the devices of the test speak by `say`. `onEnd` takes what ends it. */
export function startHearing(receiver: Receiver, onEnd: (close: () => Promise<void>) => void) {
  const abort = new AbortController();
  const iterator = receiver.packets(abort.signal)[Symbol.asyncIterator]();
  onEnd(async () => {
    abort.abort();
    await iterator.next().catch(() => {});
  });
  return { next: () => iterator.next() as Promise<IteratorResult<HeardPacket, undefined>> };
}
