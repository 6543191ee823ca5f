// A VE.Direct cable that is plugged in, pulled and plugged in again: our udev rule gives it its name, and a running agent
// reads on. USB, its cable and the kernel's driver are real; what is at the far end is the simulator.

import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, write } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { cableDevices, sentBytes } from '../../../../packages/simulator/src/demo/devices.ts';
import { createSite } from '../../../../packages/simulator/src/site/site.ts';
import { configure, ended, run, startAgent, untilLine } from './guest.ts';

const gadget = 'scripts/test/vm/guest/usb-gadget.sh';
const serialNumber = 'VE1234XYZ';
const link = `/dev/wattline/vedirect-${serialNumber}`;
const [cable] = cableDevices;

let farEnd: number | undefined;
let file = '';

function plug(): void {
  run(gadget, 'acm', '0x0403', '0x6015', serialNumber, 'VE Direct cable');
  run('udevadm', 'wait', '--timeout=30', link);
  farEnd = openSync('/dev/ttyGS0', 'w');
  // A terminal would put a carriage return before each line feed.
  run('stty', '-F', '/dev/ttyGS0', 'raw', '-echo');
}

function unplug(): void {
  run(gadget, 'unplug');
  run('udevadm', 'wait', '--timeout=30', '--removed', link);
  if (farEnd !== undefined) closeSync(farEnd);
  farEnd = undefined;
}

before(() => {
  run('cp', 'deploy/udev/70-wattline.rules', '/etc/udev/rules.d/');
  run('udevadm', 'control', '--reload');
  file = configure(`
agent: vm
mqtt: { host: 127.0.0.1, port: 9 }
outbox: { path: /tmp/hotplug }
devices:
  - { name: shunt, definition: vedirect-text, port: ${link}, interval: 1s }
`);
  const noon = Date.UTC(2026, 5, 9, 12);
  const moment = createSite(noon, 1, 0).at(noon);
  if (cable === undefined) throw new Error('no cable in the demonstration');
  const bytes = sentBytes(cable, moment[cable.name]);
  // A cable that nobody reads takes no more; its answer is not waited for.
  timer = setInterval(() => {
    if (farEnd !== undefined) write(farEnd, bytes, () => undefined);
  }, 500);
});
let timer: NodeJS.Timeout | undefined;
after(() => clearInterval(timer));

test('the rule gives the cable its name, and the device is read by it', { timeout: 90_000 }, async () => {
  assert.equal(existsSync(link), false);
  plug();
  const { code, said } = await ended(
    startAgent(['--config', file, 'read', 'shunt', '--json'], [], ['dialout']),
  );
  assert.equal(code, 0, said);
  assert.match(said, /"battery_voltage":\d/);
});

test('a running agent reads on when the cable was pulled and is back', { timeout: 90_000 }, async () => {
  const agent = startAgent(['--config', file, 'run', '--json'], [], ['dialout']);
  await untilLine(agent, /battery_voltage/);
  unplug();
  while (!/shunt.*(gone|lost|pulled)/.test(agent.said())) await wait(100);
  const before = agent.said().length;
  plug();
  while (!/battery_voltage/.test(agent.said().slice(before))) await wait(100);
  agent.process.kill('SIGKILL');
});
