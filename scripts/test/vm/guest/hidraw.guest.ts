// The HID transport at a kernel's hidraw device, with the real library.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hidLink } from '../../../../packages/agent/src/transports/hid-link.ts';
import { configure, ended, type Guest, startAgent, startOwn, untilLine } from './guest.ts';

const never = new AbortController().signal;
const question = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
let device: Guest;
let path = '';

before(async () => {
  device = startOwn('hid-process');
  path = await untilLine(device, /^\/dev\/hidraw\d+$/);
});
after(() => device.process.kill('SIGKILL'));

test('asks and is answered, by path', async () => {
  const link = await hidLink({ port: path, reportBytes: 8, reportPauseMs: 1 })(never);
  await link.write(question);
  assert.deepEqual(await link.read(never), question.toReversed());
  await link.write(question.subarray(0, 2));
  assert.deepEqual(await link.read(never), Uint8Array.of(0, 0, 0, 0, 0, 0, 2, 1));
  await link.close();
});

test('is found by its USB id, again and again', async () => {
  for (let round = 0; round < 5; round++) {
    const link = await hidLink({ port: 'usb:0665:5161', reportBytes: 8, reportPauseMs: 1 })(never);
    await link.write(question);
    assert.deepEqual(await link.read(never), question.toReversed());
    await link.close();
  }
  await assert.rejects(hidLink({ port: 'usb:0665:9999', reportBytes: 8, reportPauseMs: 1 })(never), {
    code: 'absent',
  });
});

test('tells an ordinary user without the right how to get it', async () => {
  const file = configure(`
agent: vm
mqtt: { host: 127.0.0.1 }
outbox: { path: /tmp/outbox }
devices:
  - { name: inverter, definition: voltronic-pi30, port: ${path} }
`);
  const { code, said } = await ended(startAgent(['--config', file, 'read', 'inverter'], []));
  assert.equal(code, 5, said);
  assert.match(said, /not allowed to use the HID device \/dev\/hidraw\d+: .*udev rule/);
});

test('is lost when it is unplugged', async () => {
  const link = await hidLink({ port: path, reportBytes: 8, reportPauseMs: 1 })(never);
  const pending = link.read(never);
  device.process.kill('SIGUSR1');
  await assert.rejects(pending, { code: 'lost' });
  await assert.rejects(link.write(question), { code: 'lost' });
  await link.close();
  await assert.rejects(hidLink({ port: path, reportBytes: 8, reportPauseMs: 1 })(never), { code: 'absent' });
});
