// A virtual radio as an adapter of this machine's kernel: /dev/vhci makes an hciN of a stream of H4 packets.
// Linux: drivers/bluetooth/hci_vhci.c. Needs root and the module hci_vhci.
// The read under way keeps the process from ending by itself: run it as a child, and end that by SIGKILL.

import { constants, openSync, read, writeSync } from 'node:fs';
import type { VirtualRadio } from '../radio/virtual-radio.ts';

const vendorPacket = 0xff;
const packetBytesMax = 2048;

/** Resolves with the name of the adapter, "hci0". @throws Error when the kernel has no /dev/vhci, or closes it */
export function attachToKernel(radio: VirtualRadio): Promise<string> {
  const descriptor = openSync('/dev/vhci', constants.O_RDWR);
  // "Create a controller with HCI": the answer has the same first byte, and its number at byte 2.
  writeSync(descriptor, Buffer.from([vendorPacket, 0]));
  const host = radio.attach((packet) => void writeSync(descriptor, packet));
  return new Promise((ready, failed) => {
    const buffer = Buffer.alloc(packetBytesMax);
    const next = (): void =>
      read(descriptor, buffer, 0, buffer.length, null, (error, length) => {
        if (error !== null && error.code !== 'EAGAIN') {
          host.detach();
          failed(error);
          return;
        }
        if (error === null) {
          if (buffer[0] === vendorPacket) ready(`hci${buffer.readUInt16LE(2)}`);
          else host.write(Buffer.from(buffer.subarray(0, length)));
        }
        next();
      });
    next();
  });
}
