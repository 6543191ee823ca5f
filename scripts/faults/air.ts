// Twenty chargers on a virtual radio. Each measurement has a number of its own, so that one that was never made, or is
// stored under two identities, shows.

import { advertisement } from '../../packages/simulator/src/demo/devices.ts';
import { serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createPeripheral, type Peripheral } from '../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../packages/simulator/src/radio/virtual-radio.ts';

export interface Air {
  readonly port: number;
  readonly names: readonly string[];
  /** The devices as entries of an agent's configuration. */
  readonly entries: string;
  /** How many measurements a charger has made. */
  made(charger: string): number;
  /** Nothing is measured any more. */
  fallSilent(): void;
  close(): Promise<void>;
}

const chargers = 20;
const advertiseMs = 250;
/** The field of the number is that wide. */
const numberMax = 0xfffe;
const charger = { record: '0x01', productId: 0xa057, key: 'ade0cb947395801a4dd45a2eaa44bf01' };
const states = ['bulk', 'absorption', 'float'];
/** Wh from which the day's energy begins anew. */
const energyResetsAt = 5_000;

/** What a charger says of its measurement of that number. */
const measured = (number: number) => ({
  pv_power: number,
  charge_state: states[Math.floor(number / 7) % states.length] ?? '',
  battery_voltage: (1_200 + (number % 250)) / 100,
  pv_energy_today: (number * 10) % energyResetsAt,
});

export async function openAir(): Promise<Air> {
  const radio = createVirtualRadio();
  const made = new Map<string, number>();
  const names = Array.from({ length: chargers }, (_, index) => `charger-${index}`);
  const peripherals: Peripheral[] = [];
  const entries = names.map((name, index) => {
    const address = `FA:AC:27:00:02:${index.toString(16).padStart(2, '0').toUpperCase()}`;
    const advertising = () => {
      const number = Math.min(numberMax, (made.get(name) ?? 0) + 1);
      made.set(name, number);
      return advertisement(charger, number, measured(number));
    };
    peripherals.push(
      radio.add(createPeripheral({ address, addressType: 'random', intervalMs: advertiseMs, advertising })),
    );
    return `  - { name: ${name}, definition: victron-ble, address: "${address}", key: ${charger.key}, interval: 1s }\n`;
  });
  const server = await serveH4(radio);
  return {
    ...{ names, entries: entries.join(''), port: server.port, made: (name: string) => made.get(name) ?? 0 },
    fallSilent: () => {
      for (const peripheral of peripherals) radio.remove(peripheral);
    },
    async close() {
      await server.close();
      radio.close();
    },
  };
}
