// The receiver for a CAN bus: a serial port with an adapter, or an interface of the kernel.

import { usbCanABaudRate } from '@wattline/protocols';
import type { BusWay, Moment, Receiver } from '../transport.ts';
import { adapterProtocols, canSerialReceiver } from './can-serial.ts';
import { serialLink } from './serial-link.ts';
import { socketCanReceiver } from './socket-can.ts';

/** Over USB the speed of an slcan adapter's line means nothing; behind a UART this is the usual one. */
const baudRates = { 'usb-can-a': usbCanABaudRate, slcan: 115_200 } as const;

export function openBus(way: BusWay, now: () => Moment, warn: (problem: string) => void): Receiver {
  const { port, adapter, bitRate } = way;
  if (!port.startsWith('/')) return socketCanReceiver({ name: port, bitRate, now });
  return canSerialReceiver({
    connect: serialLink({ path: port, baudRate: baudRates[adapter] }, warn),
    protocol: adapterProtocols[adapter](way),
    now,
  });
}
