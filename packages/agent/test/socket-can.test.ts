// What stands in the way of a CAN interface, and what candump says besides frames.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import type { HeardPacket } from '../src/transport.ts';
import { listCanInterfaces, socketCanReceiver } from '../src/transports/socket-can.ts';
import { now } from './bluetooth-rigs.ts';
import { interfaceFolder } from './can-rigs.ts';

let root = '';
beforeEach(() => {
  root = scratchFolder();
  interfaceFolder(root, 'can0', { type: '280', flags: '0x40081' });
});

/** A candump of these lines of shell. */
function candump(script: string): string {
  const program = join(root, 'candump');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return program;
}

async function hear(name: string, program: string) {
  const receiver = socketCanReceiver({ name, bitRate: 250_000, now, root, program });
  const heard: HeardPacket[] = [];
  try {
    for await (const packet of receiver.packets(new AbortController().signal)) heard.push(packet);
  } catch (error) {
    return { heard, error, counters: receiver.counters() };
  }
  throw new Error('the iteration ended by itself');
}

test('an interface that is missing, none of a bus, or down is said with what to do, and nothing is started', async () => {
  const started = candump(`touch ${root}/started`);
  interfaceFolder(root, 'eth0', { type: '1', flags: '0x1003' });
  interfaceFolder(root, 'can1', { type: '280', flags: '0x40080' });
  expect(await hear('can9', started)).toMatchObject({
    error: { code: 'absent', message: expect.stringContaining('there is no CAN interface can9') },
  });
  expect(await hear('eth0', started)).toMatchObject({ error: { code: 'unusable' } });
  expect(await hear('can1', started)).toMatchObject({
    error: {
      code: 'unusable',
      message:
        'the CAN interface can1 is down: "sudo ip link set can1 up type can bitrate 250000 listen-only on" brings it up',
    },
  });
  expect(() => mkdirSync(join(root, 'started'))).not.toThrow();
});

test('a missing candump is said with its package', async () => {
  expect(await hear('can0', join(root, 'none'))).toMatchObject({
    error: { code: 'unusable', message: expect.stringContaining('"sudo apt install can-utils" brings it') },
  });
});

test('it is started for reading only, and its reason is passed on when it ends', async () => {
  const { heard, error } = await hear(
    'can0',
    candump(
      `echo "(1.000000) can0 355#1A006400"\necho "got $*" >&2\necho "read: Network is down" >&2\nexit 1`,
    ),
  );
  expect(heard).toMatchObject([
    { source: 0x355, payload: Uint8Array.of(0x1a, 0, 0x64, 0), address: '', rssi: 0 },
  ]);
  expect(error).toMatchObject({
    code: 'lost',
    message: 'the CAN interface can0 is gone or down: read: Network is down',
  });
  const { error: words } = await hear('can0', candump('echo "$*" >&2'));
  expect(words).toMatchObject({ message: expect.stringMatching(/: -L -d can0,#FFFFFFFF$/) });
});

test('what the kernel dropped and lines that are no frames are counted', async () => {
  const { counters } = await hear(
    'can0',
    candump(
      `echo 'DROPCOUNT: dropped 3 CAN frames on "can0" socket (total drops 3)'\necho "(1.000000) can0 355#R"\necho "(1.0) can0 355#1A00"`,
    ),
  );
  expect(counters).toEqual({ packets: 1, dropped: 3, malformed: 1, errors: 0 });
});

test('a bus of which only errors come is at another bit rate; single errors between frames are counted', async () => {
  const error = `echo "(1.0) can0 20000088#0000040000000000"`;
  const again = (count: number): string => `for n in $(seq ${count}); do ${error}; done`;
  const deaf = await hear('can0', candump(`${again(60)}\nexec sleep 60`));
  expect(deaf.error).toMatchObject({
    code: 'unusable',
    message: expect.stringMatching(
      /^only errors come from the CAN interface can0: is it at another bit rate .*use 250000: "sudo ip link set can0 down/,
    ),
  });
  const frame = `echo "(1.0) can0 355#1A006400"`;
  const disturbed = await hear('can0', candump(`${again(40)}\n${frame}\n${again(40)}\n${frame}\nexit 1`));
  expect(disturbed.heard).toHaveLength(2);
  expect(disturbed.counters).toMatchObject({ packets: 2, errors: 80, malformed: 0 });
});

test('interfaces of this machine are those of CAN', () => {
  interfaceFolder(root, 'eth0', { type: '1' });
  interfaceFolder(root, 'vcan0', { type: '280' });
  expect(listCanInterfaces(root)).toEqual(['can0', 'vcan0']);
  expect(listCanInterfaces(join(root, 'none'))).toEqual([]);
});
