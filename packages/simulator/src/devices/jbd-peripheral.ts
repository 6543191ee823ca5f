// A JBD battery on the virtual radio: its Bluetooth module takes requests by FF02 and answers by notifications of FF01,
// twenty bytes each.

import { servicesStructure } from '../radio/advertising-payload.ts';
import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';
import type { JbdModule } from './jbd.ts';

/** What happens to a request instead of its answers; `undefined`: nothing happens to it. */
export type AnswerFault = (
  request: Uint8Array,
  answers: readonly Uint8Array[],
) => readonly Uint8Array[] | undefined;

export function createJbdPeripheral(
  module: Pick<JbdModule, 'receive'> & Partial<Pick<JbdModule, 'reset'>>,
  options: PeripheralOptions,
  fault: AnswerFault = () => undefined,
): Peripheral {
  const peripheral = createPeripheral({
    advertising: servicesStructure('ff00'),
    services: [
      {
        uuid: 'ff00',
        characteristics: [
          { uuid: 'ff01', properties: ['read', 'notify'] },
          {
            uuid: 'ff02',
            properties: ['write', 'writeWithoutResponse'],
            onWrite(bytes) {
              const answers = module.receive(bytes);
              for (const answer of fault(bytes, answers) ?? answers)
                peripheral.notifyPieces('ff01', Buffer.from(answer));
            },
          },
        ],
      },
    ],
    ...options,
  });
  peripheral.events.on('connect', () => module.reset?.());
  return peripheral;
}
