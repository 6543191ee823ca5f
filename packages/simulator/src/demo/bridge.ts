// The bridge of the demonstration: on the usual ports if nobody has them, and asked as a script of anybody could.

import { freePort } from '../services/free-port.ts';
import { writeBridge } from './configurations.ts';
import { type Program, startProgram } from './programs.ts';

export interface Bridge extends Pick<Program, 'ended' | 'stop'> {
  readonly pageUrl: string;
  readonly brokerUrl: string;
  /** Device name → time of its newest stored reading, ms since 1970. */
  newest(): Promise<ReadonlyMap<string, number>>;
}

const brokerUsual = 1883;
const pageUsual = 9999;
/** Between looking for a port and taking it another program may take it. */
const attemptsMax = 3;

/** Resolves when it can be used. @throws Error when it ends by itself; the signal's reason when it aborts */
export async function startBridge(folder: string, title: string, signal: AbortSignal): Promise<Bridge> {
  for (let attempt = 1; ; attempt++) {
    const isFirst = attempt === 1;
    const file = writeBridge(folder, {
      title,
      brokerPort: await freePort(isFirst ? brokerUsual : undefined),
      pagePort: await freePort(isFirst ? pageUsual : undefined),
    });
    const program = startProgram('bridge', ['--config', file, 'run']);
    try {
      const news = await Promise.race([program.news, program.ended, aborted(signal)]);
      return bridgeOf(program, news as { readonly pageUrl: string; readonly brokerAddress: string });
    } catch (error) {
      await program.stop();
      if (signal.aborted || attempt === attemptsMax) throw error;
    }
  }
}

function bridgeOf(
  { ended, stop }: Program,
  { pageUrl, brokerAddress }: { readonly pageUrl: string; readonly brokerAddress: string },
): Bridge {
  return {
    ...{ ended, stop, pageUrl, brokerUrl: `mqtt://${brokerAddress}` },
    async newest() {
      const answer = await fetch(`${pageUrl}/api/devices`);
      const { devices } = (await answer.json()) as { devices: { name: string; time: number }[] };
      return new Map(devices.map(({ name, time }) => [name, time]));
    },
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
