// The air of the VM: holds a radio with one Victron charger at the kernel. Prints the adapter's name when it is there;
// only SIGKILL ends it.

import { advertisement, radioDevices } from '../../../../packages/simulator/src/demo/devices.ts';
import { attachToKernel } from '../../../../packages/simulator/src/kernel/vhci.ts';
import { createPeripheral } from '../../../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../../../packages/simulator/src/radio/virtual-radio.ts';
import { createSite } from '../../../../packages/simulator/src/site/site.ts';

const radio = createVirtualRadio();
const noon = Date.UTC(2026, 5, 9, 12);
const moment = createSite(noon, 1, 0).at(noon);
let nonce = 0;
for (const device of radioDevices) {
  radio.add(
    createPeripheral({
      address: device.address,
      addressType: 'random',
      name: device.name,
      intervalMs: 200,
      advertising: () => advertisement(device, nonce++ & 0xffff, moment[device.name]),
    }),
  );
}
console.log(await attachToKernel(radio));
