// A device that demands a bond: `pair`, and reading it through BlueZ. The device is Bumble's, on the host; its kernel
// adapter, D-Bus and bluetoothd are the VM's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pair } from '../../../../packages/agent/src/commands/pair.ts';
import { bluezLink } from '../../../../packages/agent/src/transports/bluez/bluez-link.ts';
import { createBlueZRadio } from '../../../../packages/agent/src/transports/bluez/bluez-radio.ts';
import { configure, ended, now, run, startAgent, startOwn, startReading, untilLine } from './guest.ts';

const {
  TEST_BLUEZ_ADAPTER: adapter = '',
  TEST_PERIPHERAL_COMMANDS: commands = '',
  TEST_PERIPHERAL_EVENTS: eventsFile = '',
} = process.env;
const address = 'C8:47:8C:00:00:01';
/** What the device's characteristic 2A03 holds, byte by byte as peripheral.py sets it. */
const general = 'fd08f401fc08f401cc019c0108007c01a0140c00';

interface Told {
  readonly event: string;
  readonly word?: string;
}

const events = (): Told[] =>
  readFileSync(eventsFile, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));

/** Resolves when the device has done it. */
async function tell(command: string): Promise<void> {
  const before = events().length;
  writeFileSync(commands, `${command}\n`);
  while (
    !events()
      .slice(before)
      .some(({ event }) => event === 'done')
  )
    await wait(20);
}

/** In this process: the emulated machine takes seconds to start another. */
async function pairWith(passkey: number | undefined): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const terminal = { printLine: (line: string) => void lines.push(line) };
  const { signal } = new AbortController();
  const code = await pair({ name: 'vm3', address, passkey, adapter, terminal, signal });
  return { code, said: lines.join('\n') };
}

beforeEach(async () => {
  for (const command of ['pairing on', 'passkey 123456', 'reappear']) await tell(command);
});

test('a PIN that does not fit is named', { timeout: 90_000 }, async () => {
  const { code, said } = await pairWith(111_111);
  assert.equal(code, 5, said);
  assert.match(said, /the PIN does not fit/);
});

test('a PIN that is not configured is asked for', { timeout: 90_000 }, async () => {
  const { code, said } = await pairWith(undefined);
  assert.equal(code, 5, said);
  assert.match(said, /asks for a PIN: set pin/);
});

test('a device that is not in pairing mode is told from a PIN that does not fit', {
  timeout: 90_000,
}, async () => {
  await tell('pairing off');
  const { code, said } = await pairWith(123_456);
  assert.equal(code, 5, said);
  assert.match(said, /not in pairing mode/);
});

test('a device that is not there is not heard', { timeout: 90_000 }, async () => {
  await tell('vanish');
  const { code, said } = await pairWith(123_456);
  assert.equal(code, 5, said);
  assert.match(said, /is not heard/);
});

test('with the right PIN it is bonded, read, and bonded still', { timeout: 90_000 }, async () => {
  const { code, said } = await pairWith(123_456);
  assert.equal(code, 0, said);
  assert.match(said, /vm3: bonded; /);
  const { signal } = new AbortController();
  const media = [{ medium: 'gatt-values', services: ['1810'] }] as const;
  const link = await bluezLink({ adapter, address, media })(signal);
  await link.write(Buffer.from('2a03', 'hex'));
  assert.equal(Buffer.from(await link.read(signal)).toString('hex'), general);
  await tell('hangup');
  await assert.rejects(link.read(signal), { code: 'lost' });
  await link.close();
  assert.match((await pairWith(123_456)).said, /bonded already/);
});

test('a pipe writes and hears notifications', { timeout: 90_000 }, async () => {
  const { signal } = new AbortController();
  const media = [{ medium: 'gatt', services: ['ff00'], notify: 'ff01', write: 'ff02' }] as const;
  const link = await bluezLink({ adapter, address, media })(signal);
  await link.write(Buffer.from('dda50300fffd77', 'hex'));
  assert.equal(Buffer.from(await link.read(signal)).toString('hex'), '77fdff0003a5dd');
  await link.close();
});

test('a bond that the device has lost is told, and made anew on demand', { timeout: 90_000 }, async () => {
  await tell('forget');
  const media = [{ medium: 'gatt-values', services: ['1810'] }] as const;
  await assert.rejects(bluezLink({ adapter, address, media })(new AbortController().signal), {
    message: /has probably lost its half/,
  });
  const { code, said } = await pairWith(123_456);
  assert.equal(code, 0, said);
});

test('broadcasts are heard through BlueZ, each as it was sent', { timeout: 90_000 }, async () => {
  const radio = startOwn('radio-process');
  try {
    const second = await untilLine(radio, /^hci\d+$/);
    while (!run('hciconfig', second).includes('UP RUNNING')) await wait(100);
    const file = configure(`
agent: vm
mqtt: { host: 127.0.0.1 }
outbox: { path: /tmp/outbox }
bluetooth: { adapter: ${second}, access: dbus }
devices:
  - { name: roof, definition: victron-ble, address: "FA:AC:27:00:00:01", key: ade0cb947395801a4dd45a2eaa44bf01 }
`);
    const { code, said } = await ended(startAgent(['--config', file, 'read', 'roof', '--json'], []));
    assert.equal(code, 0, said + radio.said());
    assert.match(said, /"pv_power":\d/);
  } finally {
    radio.process.kill('SIGKILL');
  }
});

test('a device is read again when bluetoothd was restarted', { timeout: 180_000 }, async () => {
  const { connect } = createBlueZRadio({ adapter, now });
  const device = { name: 'vm3', definition: 'voltronic-ble', address, intervalMs: 5000, passkey: 123_456 };
  const reading = startReading(device, { gatt: connect });
  await reading.readAnew();
  const program = readlinkSync(`/proc/${run('pidof', 'bluetoothd').trim()}/exe`);
  run('pkill', 'bluetoothd');
  while (!reading.troubles.some((trouble) => /BlueZ|closed the connection/.test(trouble))) await wait(100);
  // Its own group: whoever ends this test leaves it to the next one.
  spawn(program, ['-n'], { detached: true, stdio: 'ignore' }).unref();
  const ms = await reading.readAnew();
  assert.ok(ms < 60_000, `${ms} ms: ${reading.troubles.join()}`);
  await reading.stop();
});

test('without BlueZ it is told how to get it', { timeout: 90_000 }, async () => {
  run('pkill', 'bluetoothd');
  const file = configure(`
agent: vm
mqtt: { host: 127.0.0.1 }
outbox: { path: /tmp/outbox }
devices:
  - { name: pack, definition: jbd, address: "${address}", pin: "123456" }
`);
  const { code, said } = await ended(startAgent(['--config', file, 'pair', 'pack'], []));
  assert.equal(code, 5, said);
  assert.match(said, /BlueZ is not there: "sudo apt install bluez"/);
});
