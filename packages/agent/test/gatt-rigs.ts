// A device on the virtual radio as a rig for the links: a pipe of notifications and writes.

import { once } from 'node:events';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral, type Peripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio, type VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { Connect, GattWay } from '../src/transport.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { controllerOn, now, radioChildProgram, silentLog } from './bluetooth-rigs.ts';
import type { LinkRig } from './link-conformance.ts';

const never = new AbortController().signal;
const address = 'A4:C1:38:00:00:01';
export const pipeWay: GattWay = {
  address,
  media: [{ medium: 'gatt', services: ['fff0'], notify: 'fff1', write: 'fff2' }],
};

/** A pipe that tells what comes in. */
export function pipePeripheral(written: (bytes: Buffer) => void, isQuick = true): Peripheral {
  return createPeripheral({
    ...{ address, intervalMs: 10 },
    services: [
      {
        uuid: 'fff0',
        characteristics: [
          { uuid: 'fff1', properties: ['notify'] },
          { uuid: 'fff2', properties: [isQuick ? 'writeWithoutResponse' : 'write'], onWrite: written },
        ],
      },
    ],
  });
}

export const radioOn = (radio: VirtualRadio) =>
  createBluetoothRadio({
    adapter: () => ({ candidates: [async () => controllerOn(radio).controller] }),
    now,
    heardMs: 300,
  });

interface WayIn {
  readonly connect: Connect;
  close(): Promise<void>;
}

function gattRig(connectBy: (radio: VirtualRadio) => WayIn | Promise<WayIn>) {
  return async (): Promise<LinkRig> => {
    const radio = createVirtualRadio({ supervisionMs: 20 });
    const answers = new Map<string, Uint8Array>();
    let got = Buffer.alloc(0);
    let gotMore = (): void => {};
    const peripheral = pipePeripheral((bytes) => {
      got = Buffer.concat([got, bytes]);
      const answer = answers.get(got.toString());
      if (answer) peripheral.notifyPieces('fff1', Buffer.from(answer));
      gotMore();
    });
    radio.add(peripheral);
    // Where nobody at all is heard, the radio is at fault.
    radio.add(createPeripheral({ address: 'C0:00:00:00:00:09', intervalMs: 10, connectable: false }));
    const { connect, close } = await connectBy(radio);
    return {
      raw: connect,
      async connect(chunks) {
        const link = await connect(never);
        for (const chunk of chunks) peripheral.notifyPieces('fff1', Buffer.from(chunk));
        return link;
      },
      async received(count) {
        while (got.length < count) {
          await new Promise<void>((resolve) => {
            gotMore = resolve;
          });
        }
        return got;
      },
      answer: (question, answer) => answers.set(question.toString(), answer),
      async unplug() {
        const parted = peripheral.link && once(peripheral.events, 'disconnect');
        peripheral.vanish();
        await parted;
      },
      async plugIn() {
        peripheral.reappear();
      },
      async close() {
        await close();
        radio.close();
      },
    };
  };
}

/** noble's code in this process. */
export const inProcessGattRig = gattRig((radio) => ({
  connect: radioOn(radio).connect(pipeWay),
  close: async () => {},
}));

/** A process of its own, reaching the virtual radio by TCP. */
export const childGattRig = gattRig(async (radio) => {
  const server = await serveH4(radio);
  const watched = createWatchedRadio({
    ...{ file: radioChildProgram, adapter: `tcp:127.0.0.1:${server.port}` },
    ...{ now, log: silentLog, retryMs: 1, heardMs: 300 },
  });
  return { connect: watched.connect(pipeWay), close: server.close };
});
