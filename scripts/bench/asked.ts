// Batteries on the virtual radio that must be asked, each behind a module that wants its password.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJbdBoard, createJbdModule } from '../../packages/simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../packages/simulator/src/devices/jbd-peripheral.ts';
import { type H4Server, serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createVirtualRadio, type RadioOptions } from '../../packages/simulator/src/radio/virtual-radio.ts';

const password = '123123';
interface Batteries extends RadioOptions {
  /** Waiting for an advertisement is the radio's time: once to hear the device, once to connect. */
  readonly advertisingEveryMs?: number;
}

/** @param options of the radio; a round trip takes no time where nothing is said */
export async function openBatteries(count: number, { advertisingEveryMs = 20, ...options }: Batteries = {}) {
  const radio = createVirtualRadio(options);
  const silence = createSilence();
  const entries = Array.from({ length: count }, (_, number) => {
    const address = `A4:C1:38:00:01:${number.toString(16).padStart(2, '0').toUpperCase()}`;
    const board = createJbdBoard(() => ({
      ...{ voltage: 13.3, current: -0.5, remainingAh: 204, ratedAh: 213 },
      ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
    }));
    const module = createJbdModule(board, { address, password, random: () => 0x37 });
    const peripheral = createJbdPeripheral(
      module,
      { address, intervalMs: advertisingEveryMs },
      (_, answers) => {
        silence.note(answers.length > 0);
        return undefined;
      },
    );
    radio.add(peripheral);
    return {
      peripheral,
      line: `  - { name: bank-${number}, definition: jbd, address: "${address}", password: "${password}" }`,
    };
  });
  const server: H4Server = await serveH4(radio);
  return {
    radio,
    silence,
    peripherals: entries.map(({ peripheral }) => peripheral),
    /** Writes the configuration of an agent that reads them every 10 s; returns its path. */
    configure(folder: string, brokerPort: number): string {
      const file = join(folder, 'agent.yml');
      writeFileSync(
        file,
        `agent: bench\nmqtt: { host: 127.0.0.1, port: ${brokerPort} }\noutbox: { path: ${folder}/outbox }\n` +
          `bluetooth: { adapter: "tcp:127.0.0.1:${server.port}" }\ndevices:\n` +
          `${entries.map(({ line }) => line).join('\n')}\n`,
      );
      return file;
    },
    async close(): Promise<void> {
      await server.close();
      radio.close();
    },
  };
}

/** How long requests stayed without an answer until the next one: a closed module is silent, which no program can hasten. */
function createSilence() {
  let sinceMs: number | undefined;
  let totalMs = 0;
  return {
    note(isAnswered: boolean): void {
      const nowMs = performance.now();
      if (sinceMs !== undefined) totalMs += nowMs - sinceMs;
      sinceMs = isAnswered ? undefined : nowMs;
    },
    /** Since it was taken last. */
    take(): number {
      const ms = totalMs;
      totalMs = 0;
      return ms;
    },
  };
}
