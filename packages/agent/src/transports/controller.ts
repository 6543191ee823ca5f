// A Bluetooth controller as the host reaches it: whole HCI packets, each with its H4 packet type in front.

import type { TransportError } from '../transport.ts';

export interface Controller {
  /** As the log names it: "hci0", "tcp:127.0.0.1:3000". */
  readonly name: string;
  /** Called once. `lost` is called at most once, and not after `close`. */
  start(packet: (bytes: Buffer) => void, lost: (error: TransportError) => void): void;
  write(packet: Buffer): void;
  close(): Promise<void>;
}

/** @throws TransportError saying what to do, or the signal's reason when it aborts. */
export type OpenController = (signal: AbortSignal) => Promise<Controller>;

/** Where no such adapter is there: `present` are those that are. */
export function absentText(adapter: string | undefined, present: readonly string[]): string {
  const wanted = adapter === undefined ? 'no Bluetooth adapter' : `no Bluetooth adapter ${adapter}`;
  if (present.length > 0) return `${wanted}; there is ${present.join(', ')}`;
  return `${wanted} on this machine: plug one in, or enable the built-in one (on a Raspberry Pi: no "dtoverlay=disable-bt" in config.txt); "ls /sys/class/bluetooth" must show hci0`;
}
