// BlueZ, the Bluetooth service of a Linux machine, over D-Bus. Every call has a limit: BlueZ lets some wait for ever.
// Interfaces: BlueZ doc/adapter-api.txt, device-api.txt, gatt-api.txt, agent-api.txt.

import { createClient, type DBusError, type Message, type MessageBus } from 'dbus-native';
import { TransportError } from '../../transport.ts';

export type Properties = { readonly [property: string]: unknown };
/** D-Bus path → interface → its properties. */
export type BlueZObjects = { readonly [path: string]: { readonly [face: string]: Properties } };

export const faces = {
  adapter: 'org.bluez.Adapter1',
  device: 'org.bluez.Device1',
  characteristic: 'org.bluez.GattCharacteristic1',
  properties: 'org.freedesktop.DBus.Properties',
} as const;

/** BlueZ said no. `code` is its word for it, such as `org.bluez.Error.AuthenticationFailed`. */
export class BlueZError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BlueZError';
    this.code = code;
  }
}

export interface CallOptions {
  /** D-Bus types of `body`; absent: nothing is handed over. */
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

export interface BlueZ {
  /** @throws BlueZError; TransportError `lost` when the bus is gone; the signal's reason when it aborts */
  call(path: string, face: string, member: string, options?: CallOptions): Promise<unknown>;
  objects(): Promise<BlueZObjects>;
  /** Calls back with the properties of an object that changed, `under` a path. Resolves when nothing is missed any more. */
  watch(under: string, changed: (path: string, properties: Properties) => void): Promise<() => Promise<void>>;
  /** Answers BlueZ where it asks for the passkey of an address; `undefined`: none is known. */
  answerPasskeys(passkeyOf: (address: string) => number | undefined): Promise<void>;
  /** Called once, when the bus goes away. */
  onLost(lost: (error: TransportError) => void): void;
  close(): void;
}

const callLimitMs = 10_000;
const agentPath = '/org/wattline/agent';
const systemBus = 'unix:path=/run/dbus/system_bus_socket';

export const noBlueZ =
  'BlueZ is not there: "sudo apt install bluez" and "sudo systemctl enable --now bluetooth" bring it';

/** @throws TransportError `shut` when there is no bus, or no BlueZ on it; `unusable` when it does not answer */
export async function openBlueZ(address = systemBus): Promise<BlueZ> {
  const bus = createClient({ busAddress: address, timeout: callLimitMs });
  const end = watchEnd(bus);
  await connected(bus);
  const call = async (path: string, face: string, member: string, options: CallOptions = {}) => {
    const { signature, body, limitMs, signal } = options;
    const message = { destination: 'org.bluez', path, interface: face, member };
    const carried = signature === undefined ? message : { ...message, signature, body: [...(body ?? [])] };
    try {
      return await bus.invoke<unknown>(carried, {
        ...(limitMs === undefined ? {} : { timeout: limitMs }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw explain(error as DBusError & { readonly code?: string });
    }
  };
  const bluez: BlueZ = {
    call,
    objects: async () =>
      (await call('/', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')) as BlueZObjects,
    watch: (under, changed) => watchProperties(bus, under, changed),
    answerPasskeys: (passkeyOf) => exportAgent(bus, call, passkeyOf),
    onLost: (lost) => end.then(() => lost(new TransportError('lost', 'the D-Bus of this machine is gone'))),
    close: () => void bus.connection.end(),
  };
  try {
    await bluez.objects();
  } catch (error) {
    bluez.close();
    throw error instanceof BlueZError
      ? new TransportError('unusable', `BlueZ does not answer: ${error.message}`)
      : error;
  }
  return bluez;
}

const watchEnd = (bus: MessageBus): Promise<void> =>
  new Promise((ended) => {
    // Without a listener an error of the socket would end the process; `close` follows it.
    bus.connection.on('error', () => undefined);
    bus.connection.on('close', () => ended());
  });

const connected = (bus: MessageBus): Promise<void> =>
  new Promise((connect, fail) => {
    bus.connection.on('connect', connect);
    bus.connection.on('error', (error) =>
      fail(new TransportError('shut', `${noBlueZ}; the D-Bus of this machine: ${error.message}`)),
    );
  });

/** Answers of the bus itself: nobody owns the name, nobody could be started. */
const ownerless = /ServiceUnknown|NameHasNoOwner|Spawn\.|TimedOut$/;

function explain(error: DBusError & { readonly code?: string }): Error {
  const code = error.dbusName ?? error.code ?? error.name;
  if (ownerless.test(code)) return new TransportError('shut', noBlueZ);
  if (code === 'ECONNCLOSED') return new TransportError('lost', 'the D-Bus of this machine is gone');
  if (code === 'org.freedesktop.DBus.Error.AccessDenied')
    return new TransportError('denied', `this user may not use BlueZ: ${error.message}`);
  return new BlueZError(code, error.message);
}

async function watchProperties(
  bus: MessageBus,
  under: string,
  changed: (path: string, properties: Properties) => void,
): Promise<() => Promise<void>> {
  const heard = ({ member, path = '', body }: Message): void => {
    if (member !== 'PropertiesChanged' || !(path === under || path.startsWith(`${under}/`))) return;
    changed(path, (body?.[1] ?? {}) as Properties);
  };
  const rule = `type='signal',sender='org.bluez',path_namespace='${under}',interface='${faces.properties}',member='PropertiesChanged'`;
  bus.connection.on('message', heard);
  const watching = await bus.watch(rule).catch((error: DBusError) => {
    throw explain(error);
  });
  return async () => {
    bus.connection.off('message', heard);
    await watching.remove();
  };
}

/** `…/dev_AA_BB_CC_DD_EE_FF` → `AA:BB:CC:DD:EE:FF` */
export const addressIn = (path: string): string | undefined =>
  /\/dev_((?:[0-9A-F]{2}_){5}[0-9A-F]{2})/.exec(path)?.[1]?.replaceAll('_', ':');

/** A keyboard without a display: what is asked of us is the passkey that the device shows or has fixed. */
async function exportAgent(
  bus: MessageBus,
  call: BlueZ['call'],
  passkeyOf: (address: string) => number | undefined,
): Promise<void> {
  const reject = (why: string): never => {
    throw Object.assign(new Error(why), { dbusName: 'org.bluez.Error.Rejected' });
  };
  bus.exportInterface(
    {
      RequestPasskey: (path: string) => passkeyOf(addressIn(path) ?? '') ?? reject('no PIN is configured'),
      RequestAuthorization: () => reject('we begin pairing ourselves'),
      RequestConfirmation: () => reject('there is no display'),
      RequestPinCode: () => reject('this is no classic Bluetooth'),
      AuthorizeService: () => reject('we offer no service'),
      Cancel: () => null,
      Release: () => null,
    },
    agentPath,
    {
      name: 'org.bluez.Agent1',
      methods: {
        RequestPasskey: ['o', 'u', [], []],
        RequestAuthorization: ['o', '', [], []],
        RequestConfirmation: ['ou', '', [], []],
        RequestPinCode: ['o', 's', [], []],
        AuthorizeService: ['os', '', [], []],
        Cancel: ['', '', [], []],
        Release: ['', '', [], []],
      },
      signals: {},
      properties: {},
    },
  );
  const manager = 'org.bluez.AgentManager1';
  const body = [agentPath, 'KeyboardOnly'];
  await call('/org/bluez', manager, 'RegisterAgent', { signature: 'os', body });
  // Else only our own Pair() would reach it, and not the pairing that BlueZ begins where a device demands it.
  await call('/org/bluez', manager, 'RequestDefaultAgent', { signature: 'o', body: [agentPath] });
}
