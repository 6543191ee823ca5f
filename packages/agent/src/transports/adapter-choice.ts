// Which Bluetooth controller is used: what the configuration names, or the first there is.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TransportError } from '../transport.ts';
import { absentText, type OpenController } from './controller.ts';

/** What `bluetooth.adapter` chooses: controllers to try in turn, and whose own address is asked for. */
export interface AdapterChoice {
  readonly address?: string;
  readonly candidates: readonly OpenController[];
}

const addressPattern = /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/;
const baudRateDefault = 1_000_000;

/**
 * `hci0`, the adapter's own address, `tcp:host:port` or `uart:/path[@baud]`; nothing: the first adapter there is.
 *
 * @param root where the machine's /sys is, "/" but in tests
 * @throws TransportError when the text names no adapter that exists
 */
export function chooseAdapter(adapter: string | undefined, root = '/'): AdapterChoice {
  const [, host, port] = /^tcp:(.+):(\d+)$/.exec(adapter ?? '') ?? [];
  if (host !== undefined) {
    return { candidates: [async (signal) => (await streams()).openTcp(host, Number(port), signal)] };
  }
  const [, path, baud] = /^uart:(.+?)(?:@(\d+))?$/.exec(adapter ?? '') ?? [];
  if (path !== undefined) {
    const baudRate = baud === undefined ? baudRateDefault : Number(baud);
    return { candidates: [async (signal) => (await streams()).openUart(path, baudRate, signal)] };
  }
  const present = adaptersOf(root);
  const address = adapter?.toUpperCase() ?? '';
  if (addressPattern.test(address)) return { address, candidates: present.map(user) };
  if (adapter === undefined && present[0] !== undefined) return { candidates: [user(present[0])] };
  if (adapter !== undefined && present.includes(adapter)) return { candidates: [user(adapter)] };
  throw new TransportError('absent', absentText(adapter, present));
}

const streams = () => import('./stream-controller.ts');
const user =
  (name: string): OpenController =>
  async () =>
    (await import('./user-channel-controller.ts')).openUserChannel(name);

function adaptersOf(root: string): string[] {
  try {
    const names = readdirSync(join(root, 'sys/class/bluetooth')).filter((name) => /^hci\d+$/.test(name));
    return names.sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  } catch {
    // Without Bluetooth in the kernel the folder does not exist.
    return [];
  }
}
