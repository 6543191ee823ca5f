// A link to a device through BlueZ: requests are written and answers notified, or characteristics read one by one.

import { type Connect, type GattMedium, type Link, TransportError } from '../../transport.ts';
import { createChunkBuffer } from '../chunk-buffer.ts';
import { addressIn, type BlueZ, BlueZError, faces, openBlueZ } from './bluez.ts';
import { adaptersOf, ignoreAnswer, type RemoteDevice, remoteDevice } from './remote-device.ts';

export interface BlueZLinkOptions {
  /** hciN or an adapter's own address; absent: the first adapter that BlueZ has. */
  readonly adapter?: string;
  readonly address: string;
  /** The first whose characteristics the device has is taken. */
  readonly media: readonly GattMedium[];
  /** The passkey of a device that demands a bond. */
  readonly passkey?: number;
  /** Of the D-Bus; default: the machine's. */
  readonly bus?: string;
  readonly open?: typeof openBlueZ;
}

const findLimitMs = 15_000;

/** Connects for each link anew; the bus is closed with it. */
export function bluezLink(options: BlueZLinkOptions): Connect {
  return async (signal) => {
    const { open = openBlueZ } = options;
    const bluez = await open(options.bus);
    try {
      const { passkey } = options;
      if (passkey !== undefined) await bluez.answerPasskeys(() => passkey);
      const device = remoteDevice(bluez, await adapterFor(bluez, options.adapter), options.address);
      await connect(device, options.address, signal);
      return await linkTo(bluez, device, options, signal);
    } catch (error) {
      bluez.close();
      throw error instanceof BlueZError ? refusal(options.address, error) : error;
    }
  };
}

/**
 * @param wanted hciN or an adapter's own address; absent: the first
 * @throws TransportError when BlueZ has no such adapter, or it is switched off
 */
export async function adapterFor(bluez: BlueZ, wanted: string | undefined): Promise<string> {
  const adapters = await adaptersOf(bluez);
  const found = adapters.find(
    ({ name, address }) => wanted === undefined || [name, address].includes(wanted),
  );
  if (found === undefined) {
    const known = adapters.map(({ name }) => name).join(', ') || 'none';
    throw new TransportError('shut', `BlueZ has no Bluetooth adapter ${wanted ?? ''}; it has ${known}`);
  }
  if (found.powered) return found.name;
  throw new TransportError(
    'unusable',
    `the Bluetooth adapter ${found.name} is switched off: "sudo rfkill unblock bluetooth" and "bluetoothctl power on"`,
  );
}

async function connect(device: RemoteDevice, address: string, signal: AbortSignal): Promise<void> {
  const known = await device.properties();
  // What BlueZ forgets after half a minute unless it is bonded has to be heard again.
  if (known === undefined) await device.find(findLimitMs, signal);
  if (known?.['Connected'] === true) return;
  try {
    await device.connect(signal);
  } catch (error) {
    if (error instanceof BlueZError && known?.['Paired'] === true && lostBond.test(error.message)) {
      throw new TransportError(
        'denied',
        `${address} broke off when the bond was used: it has probably lost its half; "wattline-agent pair" makes a new one`,
      );
    }
    throw error;
  }
}

/** So it ends where the device has lost its half of the bond, by which comes first; `Paired` stays true. */
const lostBond = /le-connection-abort-by-local|br-connection-canceled/;

async function linkTo(
  bluez: BlueZ,
  device: RemoteDevice,
  { address, media }: BlueZLinkOptions,
  signal: AbortSignal,
): Promise<Link> {
  let missing: unknown;
  for (const medium of media) {
    try {
      return medium.medium === 'gatt'
        ? await pipe(bluez, device, address, medium, signal)
        : values(bluez, device, address);
    } catch (error) {
      if (!(error instanceof TransportError && error.code === 'unusable')) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

async function pipe(
  bluez: BlueZ,
  device: RemoteDevice,
  address: string,
  medium: Extract<GattMedium, { medium: 'gatt' }>,
  signal: AbortSignal,
): Promise<Link> {
  const notifying = await device.characteristic(medium.notify, ['notify', 'indicate'], signal);
  const flags = ['write-without-response', 'write'];
  const writing = await device.characteristic(medium.write, flags, signal);
  const received = createChunkBuffer();
  await watchLoss(bluez, device, address, received.fail);
  await bluez.watch(notifying, (path, { Value: value }) => {
    if (path === notifying && value instanceof Uint8Array) received.push(Uint8Array.from(value));
  });
  await bluez.call(notifying, faces.characteristic, 'StartNotify');
  return {
    read: received.read,
    async write(bytes) {
      received.forget();
      const body = [Buffer.from(bytes), {}];
      await said(
        address,
        bluez.call(writing, faces.characteristic, 'WriteValue', { signature: 'aya{sv}', body }),
      );
    },
    close: () => closing(bluez, device, received.fail),
  };
}

/** The request names a characteristic; its value is the answer, as it is, and nothing that of one that is not there. */
async function values(bluez: BlueZ, device: RemoteDevice, address: string): Promise<Link> {
  const received = createChunkBuffer();
  await watchLoss(bluez, device, address, received.fail);
  const alive = new AbortController();
  return {
    read: received.read,
    async write(id) {
      received.forget();
      const path = await said(address, known(device, idOf(id), alive.signal));
      if (path === undefined) return received.push(new Uint8Array());
      const asked = bluez.call(path, faces.characteristic, 'ReadValue', { signature: 'a{sv}', body: [{}] });
      received.push(Uint8Array.from((await said(address, asked)) as Uint8Array));
    },
    close() {
      alive.abort();
      return closing(bluez, device, received.fail);
    },
  };
}

async function known(device: RemoteDevice, id: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await device.characteristic(id, ['read'], signal);
  } catch (error) {
    if (error instanceof TransportError && error.code === 'unusable') return undefined;
    throw error;
  }
}

function idOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.length === 4 ? hex : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

async function watchLoss(
  bluez: BlueZ,
  device: RemoteDevice,
  address: string,
  fail: (error: Error) => void,
): Promise<void> {
  const lost = () =>
    fail(new TransportError('lost', `${address} has closed the connection, or is out of reach`));
  bluez.onLost(fail);
  await bluez.watch(device.path, (path, { Connected: connected }) => {
    if (connected === false && addressIn(path) === address) lost();
  });
  // BlueZ loses disconnects, and one may have come before the watch.
  if ((await device.properties())?.['Connected'] !== true) lost();
}

async function closing(bluez: BlueZ, device: RemoteDevice, fail: (error: Error) => void): Promise<void> {
  fail(new TransportError('lost', 'the link is closed'));
  await device.disconnect().catch(ignoreAnswer);
  bluez.close();
}

async function said<Answer>(address: string, call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof BlueZError ? refusal(address, error) : error;
  }
}

/** What BlueZ says, as what the person at the installation can do about it. */
function refusal(address: string, { code, message }: BlueZError): TransportError {
  if (/NotPermitted|NotAuthorized|AuthenticationFailed/.test(code)) {
    return new TransportError(
      'denied',
      `${address} demands a bond: "wattline-agent pair" makes it (${message})`,
    );
  }
  if (/NotConnected|NoReply|ETIMEDOUT|InProgress|Failed$/.test(code))
    return new TransportError('lost', `${address} does not answer BlueZ: ${message}`);
  return new TransportError('unusable', `BlueZ on ${address}: ${code}: ${message}`);
}
