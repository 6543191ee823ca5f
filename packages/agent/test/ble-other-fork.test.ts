// `bluetooth.library: abandonware`: the receiver's demands on that fork's HCI code, where TEST_ABANDONWARE names a folder in
// which npm has installed and compiled it.

import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import type { Hci } from '../src/transports/noble-hci.ts';
import { otherHci } from '../src/transports/noble-modules.ts';
import { inProcessRig } from './bluetooth-rigs.ts';
import { describeReceiver } from './receiver-conformance.ts';

const folder = process.env['TEST_ABANDONWARE'];

if (folder === undefined) {
  console.error(
    'left out: @abandonware/noble, which scripts/install-abandonware.sh DIR installs (TEST_ABANDONWARE=DIR)',
  );
} else {
  describe('the other fork', () => {
    test('has its native part compiled', () => {
      const here = createRequire(`${folder}/package.json`);
      expect(
        here.resolve('@abandonware/bluetooth-hci-socket/lib/binding/bluetooth_hci_socket.node'),
      ).toBeTruthy();
    });
    describeReceiver('Bluetooth by @abandonware/noble', () =>
      inProcessRig((socket) => otherHci<Hci>(socket, [folder])),
    );
  });
}

test('a fork that is not installed is told with the command that brings it', () => {
  expect(() => otherHci({}, ['/nowhere'])).toThrow(
    /not installed: "sudo npm install --global @abandonware\/noble"/,
  );
});
