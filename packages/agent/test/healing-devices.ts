// Devices on the virtual radio that are asked, and that broadcast.

import { familyOf } from '@wattline/protocols';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import { createJbdBoard, createJbdModule } from '../../simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { manufacturerAdvertising } from '../../simulator/src/radio/advertising-payload.ts';
import { createPeripheral, type Peripheral } from '../../simulator/src/radio/peripheral.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { jbd, password } from './asked-battery.ts';
import { intervalMs } from './healing-rigs.ts';

const advertisingEveryMs = 500;
const victron = familyOf('victron-ble');
const key = new Uint8Array(16).fill(7);
const charging = Uint8Array.of(3, 0, 0x14, 5, ...new Uint8Array(8).fill(0xff));

/** A battery on its cable. */
export const batteryBoard = () =>
  createJbdBoard(() => ({
    ...{ voltage: 13, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  }));

/** On the air it wants the password. */
export const boardModule = (address: string) =>
  createJbdModule(batteryBoard(), { address, password, random: () => 0x37 });

const batteryAt = (address: string): Peripheral =>
  createJbdPeripheral(boardModule(address), { address, intervalMs: advertisingEveryMs });

export const victronCompany = 0x02e1;
export const victronPayload = (nonce: number): Uint8Array => victronFrame(0x01, charging, { key, nonce });

function chargerAt(address: string): Peripheral {
  let nonce = 0;
  const advertising = () => manufacturerAdvertising(victronCompany, victronPayload(++nonce));
  return createPeripheral({ address, advertising, intervalMs: advertisingEveryMs, connectable: false });
}

export interface Member {
  readonly device: ReadDevice;
  readonly peripheral: Peripheral;
}

export const asked = (number: number): Member => {
  const address = `A4:C1:38:00:00:${String(number).padStart(2, '0')}`;
  return {
    peripheral: batteryAt(address),
    device: {
      ...{ name: `bank-${number}`, definition: jbd, address, intervalMs },
      secret: new TextEncoder().encode(password),
    },
  };
};
export const broadcasting = (number: number): Member => {
  const address = `FA:AC:27:00:00:${String(number).padStart(2, '0')}`;
  const device = { name: `roof-${number}`, definition: victron, address, secret: key, intervalMs };
  return { peripheral: chargerAt(address), device };
};
