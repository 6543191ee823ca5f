import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { ptyPrograms } from '../../simulator/src/serial/pty-relay.ts';
import { NoPseudoTerminal, openVirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { bytesMax, createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { serialLink } from '../src/transports/serial-link.ts';
import { listSerialPorts } from '../src/transports/serial-ports.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const never = new AbortController().signal;
const programs = await ptyProgramsHere();
let folder = '';

beforeEach(() => {
  folder = scratchFolder();
});

describe('bytes that nobody reads in time', () => {
  test('are bounded: the newest stay, the oldest are counted as dropped', async () => {
    const buffer = createChunkBuffer();
    for (let index = 0; index < 100; index++) buffer.push(new Uint8Array(1000).fill(index));
    const kept: number[] = [];
    buffer.fail(new Error('end'));
    for (;;) {
      const chunk = await buffer.read(never).catch(() => undefined);
      if (chunk === undefined) break;
      kept.push(chunk[0] as number);
    }
    expect(kept).toHaveLength(Math.floor(bytesMax / 1000));
    expect(kept.at(-1)).toBe(99);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
    expect(buffer.dropped).toBe((100 - kept.length) * 1000);
  });

  test('are forgotten when somebody asks for that', async () => {
    const buffer = createChunkBuffer();
    buffer.push(Uint8Array.of(1));
    buffer.forget();
    buffer.push(Uint8Array.of(2));
    expect(await buffer.read(never)).toEqual(Uint8Array.of(2));
  });

  test('wait while the one before is being handed over, and after a read that was given up', async () => {
    const buffer = createChunkBuffer();
    const first = buffer.read(never);
    buffer.push(Uint8Array.of(1));
    buffer.push(Uint8Array.of(2));
    expect(await first).toEqual(Uint8Array.of(1));
    expect(await buffer.read(never)).toEqual(Uint8Array.of(2));
    const abort = new AbortController();
    const abandoned = buffer.read(abort.signal);
    abort.abort(new Error('enough'));
    await expect(abandoned).rejects.toThrow('enough');
    buffer.push(Uint8Array.of(3));
    expect(await buffer.read(never)).toEqual(Uint8Array.of(3));
  });

  test('a chunk comes before the error that followed it', async () => {
    const buffer = createChunkBuffer();
    buffer.push(Uint8Array.of(1));
    buffer.fail(new Error('gone'));
    expect(await buffer.read(never)).toEqual(Uint8Array.of(1));
    await expect(buffer.read(never)).rejects.toThrow('gone');
  });
});

describe.skipIf(programs.length === 0)('opening a serial port', () => {
  test('that another program reads says which', async () => {
    const path = join(folder, 'port');
    const line = await openVirtualSerial(path);
    const connect = serialLink({ path, baudRate: 19_200 });
    const link = await connect(never);
    await expect(connect(never)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(new RegExp(`in use by ".+" \\(process ${process.pid}\\)`)),
    });
    await link.close();
    const again = await connect(never);
    await again.close();
    await line.close();
  });

  test('forgets what the line held from before', async () => {
    const path = join(folder, 'port');
    const line = await openVirtualSerial(path);
    const before = await open(path, 'r+');
    line.write(Buffer.from('stale'));
    await before.read(Buffer.alloc(1));
    const link = await serialLink({ path, baudRate: 19_200 })(never);
    line.write(Buffer.from('fresh'));
    expect(Buffer.from(await link.read(never)).toString()).toBe('fresh');
    await link.close();
    await before.close();
    await line.close();
  });

  test('whose path goes away, or comes back, is lost even when the port itself says nothing', async () => {
    const [path, between] = [join(folder, 'port'), join(folder, 'between')];
    const line = await openVirtualSerial(between);
    const terminal = readlinkSync(between);
    const connect = serialLink({ path, baudRate: 19_200 });
    const pointTo = (link: string, target: string): void => {
      rmSync(link, { force: true });
      symlinkSync(target, link);
    };
    const faults = {
      gone: () => rmSync(path),
      'made anew': () => pointTo(path, between),
      'another device': () => pointTo(between, '/dev/null'),
    };
    for (const [fault, strike] of Object.entries(faults)) {
      pointTo(between, terminal);
      pointTo(path, between);
      const link = await connect(never);
      strike();
      await expect(link.read(never), fault).rejects.toMatchObject({ code: 'lost' });
      await expect(link.write(Uint8Array.of(1)), fault).rejects.toMatchObject({ code: 'lost' });
      await link.close();
    }
    await line.close();
  });

  test('that is no terminal is an error in words', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    await expect(serialLink({ path, baudRate: 19_200 })(never)).rejects.toMatchObject({ code: 'unusable' });
  });
});

test('without any program that makes pseudo terminals, the simulator says what to install', async () => {
  const path = join(folder, 'port');
  const missing = ptyPrograms(path).map((program) => ({
    ...program,
    command: `${folder}/${program.command}`,
  }));
  const error = await openVirtualSerial(path, undefined, missing).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NoPseudoTerminal);
  expect(error).toMatchObject({ message: expect.stringContaining('apt install socat') });
});

describe('the serial ports of a machine', () => {
  function machine(): void {
    const usb = join(folder, 'sys/devices/usb1/1-1');
    const convert = join(usb, '1-1:1.0/ttyUSB0');
    const uart = join(folder, 'sys/devices/serial/ttyAMA0');
    for (const path of [convert, uart, join(folder, 'sys/drivers/ftdi_sio')])
      mkdirSync(path, { recursive: true });
    writeFileSync(join(usb, 'idVendor'), '0403\n');
    writeFileSync(join(usb, 'manufacturer'), 'VictronEnergy BV\n');
    writeFileSync(join(usb, 'product'), 'VE Direct cable\n');
    writeFileSync(join(usb, 'serial'), 'VE4X8HRN\n');
    symlinkSync(join(folder, 'sys/drivers/ftdi_sio'), join(convert, 'driver'));
    const terminals = join(folder, 'sys/class/tty');
    for (const name of ['tty0', 'ttyUSB0', 'ttyAMA0', 'ttyS3'])
      mkdirSync(join(terminals, name), { recursive: true });
    symlinkSync(convert, join(terminals, 'ttyUSB0/device'));
    symlinkSync(uart, join(terminals, 'ttyAMA0/device'));
    symlinkSync(uart, join(terminals, 'ttyS3/device'));
    writeFileSync(join(terminals, 'ttyS3/type'), '0\n');
    const links = join(folder, 'dev/serial/by-id');
    mkdirSync(links, { recursive: true });
    symlinkSync('../../ttyUSB0', join(links, 'usb-VictronEnergy_BV_VE_Direct_cable_VE4X8HRN-if00-port0'));
  }

  test('are those with a device behind them, under the name that survives replugging', () => {
    machine();
    expect(listSerialPorts(folder)).toEqual([
      { path: '/dev/ttyAMA0', device: 'ttyAMA0' },
      {
        path: '/dev/serial/by-id/usb-VictronEnergy_BV_VE_Direct_cable_VE4X8HRN-if00-port0',
        device: 'ttyUSB0',
        driver: 'ftdi_sio',
        manufacturer: 'VictronEnergy BV',
        product: 'VE Direct cable',
        serialNumber: 'VE4X8HRN',
      },
    ]);
  });

  test('are none on a machine without any', () => {
    expect(listSerialPorts(folder)).toEqual([]);
  });

  test('can be listed on this machine', () => {
    expect(Array.isArray(listSerialPorts())).toBe(true);
  });
});
