// A USB HID device of the VM: answers each report with its bytes the other way round. Prints its hidraw device when it is
// there; is unplugged by SIGUSR1; only SIGKILL ends it.

import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as waitMs } from 'node:timers/promises';
import { plugInHidDevice } from '../../../../packages/simulator/src/kernel/uhid.ts';

const device = plugInHidDevice({
  ...{ name: 'inverter', vendorId: 0x0665, productId: 0x5161, reportBytes: 8 },
  received: (report) => device.send(report.toReversed()),
});
process.on('SIGUSR1', device.unplug);

const folder = '/sys/class/hidraw';
const isOurs = (name: string): boolean => readlinkSync(`${folder}/${name}/device`).includes('0665:5161');
for (;;) {
  const found = readdirSync(folder).find(isOurs);
  if (found !== undefined) {
    console.log(`/dev/${found}`);
    break;
  }
  await waitMs(20);
}
