// `pair NAME`: bonds with a device that demands it, through BlueZ, with the configured PIN. Afterwards the device is read
// through BlueZ without any question. What stands in the way is told apart, because BlueZ uses one word for most of it.

import { type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import { TransportError } from '../transport.ts';
import { type BlueZ, BlueZError, openBlueZ } from '../transports/bluez/bluez.ts';
import { adapterFor } from '../transports/bluez/bluez-link.ts';
import { ignoreAnswer, type RemoteDevice, remoteDevice } from '../transports/bluez/remote-device.ts';

export interface PairOptions {
  readonly name: string;
  readonly address: string;
  /** Absent: only a device that asks for none can be bonded with. */
  readonly passkey: number | undefined;
  /** hciN; absent: BlueZ's first. */
  readonly adapter: string | undefined;
  readonly terminal: Pick<Terminal, 'printLine'>;
  readonly signal: AbortSignal;
  readonly bus?: string;
}

const findLimitMs = 20_000;
/** The security manager gives up after 30 s. */
const pairLimitMs = 35_000;

export async function pair(options: PairOptions): Promise<ExitCode> {
  const { name, address, terminal } = options;
  let bluez: BlueZ | undefined;
  try {
    bluez = await openBlueZ(options.bus);
    const device = remoteDevice(bluez, await adapterFor(bluez, options.adapter), address);
    if (await isBonded(device, options)) {
      terminal.printLine(`${name}: bonded already, and it answers`);
      return exitCodes.done;
    }
    await bond(bluez, device, options);
    terminal.printLine(`${name}: bonded; from now on it is read through BlueZ without a question`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    terminal.printLine(`${name}: ${error.message}`);
    return exitCodes.noneRead;
  } finally {
    bluez?.close();
  }
}

/** A bond that the device has lost is removed on our side too: the person asked for a new one. */
async function isBonded(device: RemoteDevice, { signal }: PairOptions): Promise<boolean> {
  const known = await device.properties();
  if (known?.['Paired'] !== true) {
    if (known !== undefined) await device.forget().catch(ignoreAnswer);
    return false;
  }
  try {
    await device.connect(signal);
    await device.trust();
    await device.disconnect().catch(ignoreAnswer);
    return true;
  } catch (error) {
    if (!(error instanceof BlueZError)) throw error;
    await device.forget();
    return false;
  }
}

async function bond(bluez: BlueZ, device: RemoteDevice, options: PairOptions): Promise<void> {
  const { passkey, signal } = options;
  let asked = false;
  await bluez.answerPasskeys(() => {
    asked = true;
    return passkey;
  });
  await device.find(findLimitMs, signal);
  try {
    await device.pair(pairLimitMs);
    await device.trust();
  } catch (error) {
    throw error instanceof BlueZError ? explain(error, asked, options) : error;
  } finally {
    await device.disconnect().catch(ignoreAnswer);
  }
}

function explain(error: BlueZError, asked: boolean, { address, passkey }: PairOptions): TransportError {
  const { code, message } = error;
  if (code.endsWith('AuthenticationFailed')) {
    if (asked && passkey === undefined)
      return new TransportError('denied', `${address} asks for a PIN: set pin in the configuration`);
    if (asked)
      return new TransportError(
        'denied',
        `the PIN does not fit: ${address} refuses the pin of the configuration`,
      );
    return new TransportError(
      'denied',
      `${address} refuses to bond without asking for the PIN: it is not in pairing mode; open it in the device's menu, or switch the device off and on, and try again`,
    );
  }
  if (/NoReply|ETIMEDOUT/.test(code))
    return new TransportError('absent', `${address} did not answer while bonding: go nearer, and try again`);
  return new TransportError('unusable', `${address} cannot be bonded with: ${code}: ${message}`);
}
