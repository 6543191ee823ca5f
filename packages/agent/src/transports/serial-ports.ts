// The serial ports of this machine, from /dev/serial/by-id and /sys/class/tty. No udevadm, no libusb.

import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

interface SerialPortFound {
  /** What to write into the configuration: the name that survives replugging, where there is one. */
  readonly path: string;
  /** The kernel's name of today, "ttyUSB0". */
  readonly device: string;
  /** Kernel driver, "ftdi_sio". */
  readonly driver?: string;
  /** Of the USB device, as its descriptors say. */
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
}

/** @param root where the machine's /dev and /sys are, "/" but in tests */
export function listSerialPorts(root = '/'): SerialPortFound[] {
  const stable = stablePaths(root);
  return entriesOf(join(root, 'sys/class/tty'))
    .filter((device) => isPort(root, device))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((device) => ({
      path: stable.get(device) ?? `/dev/${device}`,
      device,
      ...describe(join(root, 'sys/class/tty', device, 'device')),
    }));
}

function stablePaths(root: string): Map<string, string> {
  const folder = 'dev/serial/by-id';
  const links = entriesOf(join(root, folder));
  return new Map(
    links.map((link) => [basename(readlinkSync(join(root, folder, link))), `/${folder}/${link}`]),
  );
}

/** Terminals and consoles have no device; UARTs that the kernel expects but the machine lacks have type 0. */
function isPort(root: string, device: string): boolean {
  const folder = join(root, 'sys/class/tty', device);
  return existsSync(join(folder, 'device')) && textOf(join(folder, 'type')) !== '0';
}

function describe(link: string): Omit<SerialPortFound, 'path' | 'device'> {
  const found: { [part in 'driver' | 'manufacturer' | 'product' | 'serialNumber']?: string } = {};
  const driver = join(link, 'driver');
  if (existsSync(driver)) found.driver = basename(realpathSync(driver));
  // The USB device is some folders above its interface's terminal.
  for (let folder = realpathSync(link); folder !== dirname(folder); folder = dirname(folder)) {
    if (!existsSync(join(folder, 'idVendor'))) continue;
    for (const part of ['manufacturer', 'product', 'serial'] as const) {
      const text = textOf(join(folder, part));
      if (text !== undefined) found[part === 'serial' ? 'serialNumber' : part] = text;
    }
    break;
  }
  return found;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Without any port the folder does not exist.
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
