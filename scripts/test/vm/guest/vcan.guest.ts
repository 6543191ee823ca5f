// A battery on a CAN interface of the kernel: read by its frames, with the interface up and down. Nothing is sent to the bus.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openBus } from '../../../../packages/agent/src/transports/bus.ts';
import {
  type CanBatteryState,
  pylontechFrames,
} from '../../../../packages/simulator/src/devices/can-battery.ts';
import { configure, ended, type Guest, now, run, startAgent, startProgram, startReading } from './guest.ts';

const state: CanBatteryState = {
  ...{ voltage: 51.2, current: -12.5, temperature: 21, stateOfCharge: 64, stateOfHealth: 99, modules: 3 },
  ...{
    chargeVoltageLimit: 53.2,
    dischargeVoltageLimit: 46,
    chargeCurrentLimit: 74,
    dischargeCurrentLimit: 74,
  },
  ...{ cellVoltageMin: 3.19, cellVoltageMax: 3.21, charged: 0, discharged: 0, isFull: false },
};

let timer: NodeJS.Timeout | undefined;
let watcher: Guest | undefined;
let file = '';
let sent = 0;

before(() => {
  run('ip', 'link', 'add', 'vcan0', 'type', 'vcan');
  file = configure(`
agent: vm
mqtt: { host: 127.0.0.1, port: 9 }
outbox: { path: /tmp/vcan }
devices:
  - { name: stack, definition: can-pylontech, port: vcan0, interval: 1s }
`);
});
after(() => {
  clearInterval(timer);
  watcher?.process.kill();
});

test('an interface that is down is told with the command that brings it up', {
  timeout: 90_000,
}, async () => {
  const { code, said } = await ended(startAgent(['--config', file, 'check'], []));
  assert.notEqual(code, 0, said);
  assert.match(said, /ip link set vcan0 up/);
});

function say(): void {
  for (const { id, data } of pylontechFrames(state)) {
    run('cansend', 'vcan0', `${id.toString(16).padStart(3, '0')}#${Buffer.from(data).toString('hex')}`);
    sent++;
  }
}

test('the battery is read by an ordinary user, and nothing is sent', { timeout: 90_000 }, async () => {
  run('ip', 'link', 'set', 'vcan0', 'up');
  const bus = startProgram('candump', ['-L', 'vcan0']);
  watcher = bus;
  timer = setInterval(say, 1000);
  const { code, said } = await ended(startAgent(['--config', file, 'read', 'stack', '--json'], []));
  assert.equal(code, 0, said);
  assert.match(said, /"battery_voltage":51\.2\b/);
  assert.match(said, /"battery_current":-12\.5\b/);
  assert.match(said, /"state_of_charge":64\b/);
  clearInterval(timer);
  const frames = bus
    .said()
    .split('\n')
    .filter((line) => line.includes('vcan0')).length;
  assert.equal(frames, sent);
});

test('an interface that goes down and up again is read anew', { timeout: 120_000 }, async () => {
  const bus = { adapter: 'slcan', bitRate: 500_000, isListenOnly: true, keepsAlive: false } as const;
  const reading = startReading(
    { name: 'stack', definition: 'can-pylontech', port: 'vcan0', bus, intervalMs: 1000 },
    { bus: (way) => openBus(way, now, assert.fail) },
  );
  timer = setInterval(say, 1000);
  await reading.readAnew();
  clearInterval(timer);
  run('ip', 'link', 'set', 'vcan0', 'down');
  while (!reading.troubles.some((trouble) => trouble.includes('vcan0'))) await wait(100);
  run('ip', 'link', 'set', 'vcan0', 'up');
  timer = setInterval(say, 1000);
  assert.ok((await reading.readAnew()) < 60_000, reading.troubles.join());
  clearInterval(timer);
  await reading.stop();
});
