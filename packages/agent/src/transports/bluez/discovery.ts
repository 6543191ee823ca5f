// Discovery by BlueZ, which tells nobody when it is over: after a restart of its service, after a switched-off or pulled-out
// adapter nothing comes any more. So it is asked, and begun anew where it hears nobody.

import { TransportError } from '../../transport.ts';
import { type BlueZ, BlueZError, faces } from './bluez.ts';
import { ignoreAnswer } from './remote-device.ts';

const lookEveryMs = 5000;
/** BlueZ pauses between two rounds of its own for up to 5 s. */
const pausedLooksMax = 2;
const silentLooksMax = 8;

interface Discovery {
  stop(): Promise<void>;
}

/** Without the filter BlueZ tells a repeat of the same data only once. */
const filter = [
  ['Transport', ['s', 'le']],
  ['DuplicateData', ['b', true]],
];

/**
 * @param heard how much was heard so far
 * @param lost called when only opening BlueZ anew can help
 */
export async function discover(
  bluez: BlueZ,
  adapterPath: string,
  heard: () => number,
  lost: (error: Error) => void,
): Promise<Discovery> {
  const ask = (member: string): Promise<unknown> => bluez.call(adapterPath, faces.adapter, member);
  const begin = async (): Promise<void> => {
    const body = [filter];
    await bluez.call(adapterPath, faces.adapter, 'SetDiscoveryFilter', { signature: 'a{sv}', body });
    await ask('StartDiscovery');
  };
  await begin();
  let pausedLooks = 0;
  let silentLooks = 0;
  let heardBefore = heard();
  const look = async (): Promise<void> => {
    const body = [faces.adapter, 'Discovering'];
    const isOn = await bluez.call(adapterPath, faces.properties, 'Get', { signature: 'ss', body });
    pausedLooks = isOn === true ? 0 : pausedLooks + 1;
    if (pausedLooks > pausedLooksMax)
      throw new TransportError(
        'lost',
        'BlueZ has ended discovery: its service restarted, or the adapter is off',
      );
    silentLooks = heard() === heardBefore ? silentLooks + 1 : 0;
    heardBefore = heard();
    if (silentLooks < silentLooksMax) return;
    silentLooks = 0;
    await ask('StopDiscovery').catch(ignoreAnswer);
    await begin();
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => {
        clearInterval(timer);
        lost(lossOf(error) as Error);
      })
      .finally(() => {
        isLooking = false;
      });
  }, lookEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await ask('StopDiscovery').catch(ignoreAnswer);
    },
  };
}

/** What BlueZ says no to, as a way that is broken. */
export function lossOf(error: unknown): unknown {
  return error instanceof BlueZError
    ? new TransportError('lost', `BlueZ does not answer for its adapter any more: ${error.message}`)
    : error;
}
