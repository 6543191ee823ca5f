// The agent at a kernel's Bluetooth adapter, by the user channel, with the rights of our unit.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import {
  capabilitiesOfUnit,
  configure,
  ended,
  type Guest,
  startAgent,
  startOwn,
  untilLine,
} from './guest.ts';

let radio: Guest;
let file = '';

before(async () => {
  radio = startOwn('radio-process');
  const adapter = await untilLine(radio, /^hci\d+$/);
  file = configure(`
agent: vm
mqtt: { host: 127.0.0.1 }
outbox: { path: /tmp/outbox }
bluetooth: { adapter: ${adapter} }
devices:
  - { name: roof, definition: victron-ble, address: "FA:AC:27:00:00:01", key: ade0cb947395801a4dd45a2eaa44bf01, interval: 1s }
`);
});
after(() => radio.process.kill('SIGKILL'));

test('an ordinary user with the capabilities of the unit hears the charger', {
  timeout: 90_000,
}, async () => {
  const { code, said } = await ended(
    startAgent(['--config', file, 'read', 'roof', '--json'], capabilitiesOfUnit()),
  );
  assert.equal(code, 0, said);
  assert.match(said, /"pv_power":\d/);
});

test('without them it is told which are missing', { timeout: 90_000 }, async () => {
  const { said } = await ended(startAgent(['--config', file, 'scan', '--for', '1s'], []));
  assert.match(said, /hci\d.*CAP_NET_ADMIN and CAP_NET_RAW/, radio.said());
});

test('an agent that was killed finds the adapter free when it starts again', {
  timeout: 90_000,
}, async () => {
  const killed = startAgent(['--config', file, '--debug', 'run'], capabilitiesOfUnit());
  await untilSaid(killed, /roof/);
  killed.process.kill('SIGKILL');
  await once(killed.process, 'close');
  const { code, said } = await ended(
    startAgent(['--config', file, 'read', 'roof', '--json'], capabilitiesOfUnit()),
  );
  assert.equal(code, 0, said);
});

function untilSaid({ process: child, said }: Guest, fits: RegExp): Promise<void> {
  const found = Promise.withResolvers<void>();
  const look = (): void => {
    if (fits.test(said())) found.resolve();
  };
  child.stdout.on('data', look);
  child.stderr.on('data', look);
  child.once('close', () => found.reject(new Error(`ended before it said ${fits}:\n${said()}`)));
  return found.promise;
}
