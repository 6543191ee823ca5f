// The HID devices of this machine, from /sys/class/hidraw.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HidPortFound {
  /** `/dev/hidraw0` */
  readonly path: string;
  readonly vendor: number;
  readonly product: number;
  /** As its descriptors say. */
  readonly name: string;
}

/** @param root where the machine's /sys is, "/" but in tests */
export function listHidPorts(root = '/'): HidPortFound[] {
  const folder = join(root, 'sys/class/hidraw');
  return namesIn(folder).flatMap((device) => {
    const about = textOf(join(folder, device, 'device/uevent'));
    // Bus, vendor and product, each of eight hex digits where four would do.
    const [, vendor, product] = /^HID_ID=[0-9A-F]+:0*([0-9A-F]{4}):0*([0-9A-F]{4})$/im.exec(about) ?? [];
    if (vendor === undefined || product === undefined) return [];
    const [, name = ''] = /^HID_NAME=(.*)$/m.exec(about) ?? [];
    const ids = { vendor: Number.parseInt(vendor, 16), product: Number.parseInt(product, 16) };
    return [{ path: `/dev/${device}`, ...ids, name }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    // Without any HID device the folder does not exist.
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
