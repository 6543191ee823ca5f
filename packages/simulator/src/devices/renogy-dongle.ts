// The BT-1 of a Renogy controller on the virtual radio: it takes requests in one service and answers in another.

import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';
import type { ModbusUnit } from './modbus-unit.ts';

export function createRenogyDongle(
  controller: Pick<ModbusUnit, 'receive'>,
  options: PeripheralOptions,
): Peripheral {
  const peripheral = createPeripheral({
    services: [
      { uuid: 'fff0', characteristics: [{ uuid: 'fff1', properties: ['read', 'notify'] }] },
      {
        uuid: 'ffd0',
        characteristics: [
          {
            uuid: 'ffd1',
            properties: ['writeWithoutResponse'],
            onWrite(bytes) {
              for (const answer of controller.receive(bytes))
                peripheral.notifyPieces('fff1', Buffer.from(answer));
            },
          },
        ],
      },
    ],
    ...options,
  });
  return peripheral;
}
