import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { loadProblem } from '../src/transports/hid-link.ts';
import { listHidPorts } from '../src/transports/hid-ports.ts';
import { hidMachine } from './hid-rigs.ts';

const never = new AbortController().signal;
let machine: ReturnType<typeof hidMachine> | undefined;
afterEach(() => {
  machine?.remove();
  machine = undefined;
});

function open(): ReturnType<typeof hidMachine> {
  const opened = hidMachine(8);
  machine = opened;
  return opened;
}

describe('a HID device', () => {
  test('gets what is written in reports, filled up with zeros, each with the number of a report that has none', async () => {
    const machine = open();
    const link = await machine.link(machine.plugIn('hidraw0'))(never);
    await link.write(Buffer.from('QPIGS\xb7\xa9\r', 'latin1'));
    await link.write(Buffer.from('QMOD?QMOD'));
    expect(machine.written.map((report) => report.toString('hex'))).toEqual([
      '005150494753b7a90d',
      '00514d4f443f514d4f',
      '004400000000000000',
    ]);
    machine.send(Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0));
    expect(await link.read(never)).toEqual(Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0));
    await link.close();
  });

  test('gets the reports of one request with a pause between them: its bridge drops what comes sooner', async () => {
    const pauseMs = 30;
    machine = hidMachine(8, pauseMs);
    const writtenMs: number[] = [];
    machine.onWrite(() => writtenMs.push(performance.now()));
    const link = await machine.link(machine.plugIn('hidraw0'))(never);
    await link.write(Buffer.from('^P013ED20260105xx\r'));
    const [first = 0, second = 0, third = 0] = writtenMs;
    // A timer may ring a fraction of a millisecond early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(pauseMs - 1);
    expect(writtenMs).toHaveLength(3);
    await link.close();
  });

  test('gets a request whole, also from a link that is closed meanwhile', async () => {
    const machine = open();
    const link = await machine.link(machine.plugIn('hidraw0'))(never);
    const written = link.write(Buffer.from('QED20260105xx\r'));
    await link.close();
    await written;
    expect(machine.written.map((report) => report.subarray(1).toString())).toEqual([
      'QED20260',
      '105xx\r\0\0',
    ]);
  });

  test('is found by vendor and product, and by its serial number where there are several', async () => {
    const machine = open();
    await expect(machine.link('usb:0665:5161')(never)).rejects.toMatchObject({ code: 'absent' });
    machine.plugIn('hidraw0', '7');
    await (await machine.link('usb:0665:5161')(never)).close();
    machine.plugIn('hidraw1', '8');
    await expect(machine.link('usb:0665:5161')(never)).rejects.toMatchObject({
      code: 'unusable',
      message: expect.stringMatching(/^2 devices are usb:0665:5161 \(.*hidraw0, .*hidraw1\)/),
    });
    await (await machine.link('usb:0665:5161:8')(never)).close();
    await expect(machine.link('usb:0665:5161:9')(never)).rejects.toMatchObject({
      message: expect.stringContaining('there is 7, 8'),
    });
    await expect(machine.link('usb:0665:0000')(never)).rejects.toMatchObject({ code: 'absent' });
  });

  test('that another program asks already says which', async () => {
    const machine = open();
    const path = machine.plugIn('hidraw0');
    const held = openSync(path, 'r');
    await expect(machine.link(path)(never)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(new RegExp(`in use by ".+" \\(process ${process.pid}\\)`)),
    });
    closeSync(held);
    await (await machine.link(path)(never)).close();
  });
});

test('a library of the system that is missing is named with its package', () => {
  const problem = (text: string) => loadProblem(new Error(text)).message;
  expect(problem('libudev.so.1: cannot open shared object file: No such file or directory')).toMatch(
    /: "sudo apt install libudev1" brings it$/,
  );
  expect(problem('libusb-1.0.so.0: cannot open shared object file')).toContain('libusb-1.0-0');
  expect(problem("Cannot find module 'node-hid'")).toContain('optional dependencies');
});

test('the HID devices of a machine are found with their USB ids', () => {
  const folder = scratchFolder();
  const device = join(folder, 'sys/class/hidraw/hidraw0/device');
  mkdirSync(device, { recursive: true });
  mkdirSync(join(folder, 'sys/class/hidraw/hidraw1'));
  writeFileSync(
    join(device, 'uevent'),
    'DRIVER=hid-generic\nHID_ID=0003:00000665:00005161\nHID_NAME=Cypress\n',
  );
  expect(listHidPorts(folder)).toEqual([
    { path: '/dev/hidraw0', vendor: 0x0665, product: 0x5161, name: 'Cypress' },
  ]);
  expect(listHidPorts(join(folder, 'none'))).toEqual([]);
});
