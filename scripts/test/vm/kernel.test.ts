// What only a kernel can show, in one start of a VM: real adapters and devices of Linux, made by the simulator.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasAllNeeds, missingPrograms } from '../../../packages/simulator/src/services/needs.ts';
import { type BondingPeripheral, missingBumble, startPeripheral } from './bonding/bonding.ts';
import { bundleGuestPrograms, type GuestPrograms } from './guest-programs.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packages = readFileSync(join(root, 'scripts/vm/packages.txt'), 'utf8').trim().split('\n');
/** One program of each package that the VM cannot do without. */
const needs = {
  'qemu-system-x86_64': packages.join(' '),
  busybox: 'busybox-static',
  cpio: 'cpio',
  depmod: 'kmod',
  setpriv: 'util-linux',
};
/** A machine that does other things besides takes several times the minute and a half of a calm one. */
const limitSeconds = 540;

/** Guest programs with tests and what they run under, in the order in which they run. */
const suites = {
  'user-channel': '',
  hidraw: '',
  vcan: '',
  hotplug: '',
  bonding: 'scripts/test/vm/bonding/guest-bluetooth.sh ',
};
const modules = [
  ...[
    'uhid',
    'hid-generic',
    'hci_vhci',
    'vcan',
    'can-raw',
    'dummy_hcd',
    'libcomposite',
    'usb_f_acm',
    'cdc-acm',
  ],
  // What the kernel's Bluetooth needs to pair.
  ...['algif_skcipher', 'algif_hash', 'ecdh_generic', 'cmac', 'ecb', 'aes_generic'],
].join();

interface Outcome {
  readonly output: string;
  readonly code: number | null;
}

const missing = missingPrograms(needs) ?? missingBumble();

describe.skipIf(!hasAllNeeds(missing, process.env))('in a VM with a kernel of Debian', () => {
  const outcomes = new Map<string, string>();
  let programs: GuestPrograms;
  let peripheral: BondingPeripheral;
  let ending: Outcome;

  beforeAll(async () => {
    programs = await bundleGuestPrograms(root);
    peripheral = await startPeripheral();
    ending = await runInVm(programs.folder, peripheral);
    const [, ...parts] = ending.output.split(/^### suite (.+)$/m);
    for (let index = 0; index < parts.length; index += 2)
      outcomes.set(parts[index] ?? '', parts[index + 1] ?? '');
  }, limitSeconds * 1000);
  afterAll(() => {
    programs?.remove();
    peripheral?.close();
  });

  test.each(Object.keys(suites))('%s', (suite) => {
    const outcome = outcomes.get(suite) ?? `not run; the VM ended with ${ending.code}:\n${ending.output}`;
    expect(outcome).toMatch(/^# fail 0$/m);
    expect(outcome).toMatch(/^# pass [1-9]\d*$/m);
    expect(outcome).toMatch(/^# skipped 0$/m);
  });
});

async function runInVm(folder: string, { machineArguments }: BondingPeripheral): Promise<Outcome> {
  const script = Object.entries(suites)
    .map(
      ([suite, under]) =>
        `echo "### suite ${suite}"; ${under}node --test-reporter=tap ${folder}/${suite}.mjs`,
    )
    .join('\n');
  const machine = spawn(
    'env',
    [
      `VM_QEMU_ARGS=${machineArguments}`,
      ...[join(root, 'scripts/vm/run.sh'), '-t', `${limitSeconds - 20}`, '-u', '-M', modules],
      ...['--', 'sh', '-c', script],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    machine.once('error', reject);
    machine.once('close', resolve);
  });
  const [output, said, code] = await Promise.all([text(machine.stdout), text(machine.stderr), ended]);
  return { output: output + said, code };
}
