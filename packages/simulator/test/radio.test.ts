// The virtual controller as a host sees it: HCI packets in, HCI packets out.

import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manufacturerAdvertising } from '../src/radio/advertising-payload.ts';
import { createGattServer } from '../src/radio/gatt-server.ts';
import { serveH4 } from '../src/radio/h4-server.ts';
import { sameUuid, uuidBytes } from '../src/radio/hci-bytes.ts';
import { createPeripheral } from '../src/radio/peripheral.ts';
import { createVirtualRadio } from '../src/radio/virtual-radio.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const texts = (packets: readonly Buffer[]): string[] => packets.map((packet) => packet.toString('hex'));

const setScanParameters = (active: boolean): Buffer => hex(`01 0b20 07 0${active ? 1 : 0} 1000 1000 00 00`);
const setScanEnable = (on: boolean, filter: boolean): Buffer =>
  hex(`01 0c20 02 0${on ? 1 : 0} 0${filter ? 1 : 0}`);

function rig() {
  const radio = createVirtualRadio({ address: '02:11:22:33:44:55', connectMs: 0 });
  const packets: Buffer[] = [];
  const host = radio.attach((packet) => packets.push(packet));
  return { radio, host, packets, taken: () => texts(packets.splice(0)) };
}

const device = (more = {}) =>
  createPeripheral({
    address: 'c0:00:00:00:00:01',
    addressType: 'random',
    advertising: manufacturerAdvertising(0x02e1, hex('1002')),
    ...more,
  });

describe('commands', () => {
  test('are answered as the specification lays them out', () => {
    const { host, taken } = rig();
    host.write(hex('01 030c 00'));
    host.write(hex('01 0910 00'));
    expect(taken()).toEqual(['040e0401030c00', '040e0a01091000554433221102']);
  });

  test('that the controller does not know are refused with error 1', () => {
    const { host, taken } = rig();
    host.write(hex('01 34fc 00'));
    expect(taken()).toEqual(['040e040134fc01']);
  });

  test('are understood however their bytes are cut, and after noise', () => {
    const stream = Buffer.concat([
      hex('99 00'),
      hex('01 030c 00'),
      setScanParameters(true),
      setScanEnable(true, false),
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: stream.length }), (size) => {
        const { radio, host, taken } = rig();
        for (let start = 0; start < stream.length; start += size)
          host.write(stream.subarray(start, start + size));
        expect(taken()).toEqual(['040e0401030c00', '040e04010b2000', '040e04010c2000']);
        expect(radio.scanning).toBe(true);
      }),
    );
  });

  test('of any bytes never throw', () => {
    const command = fc.tuple(
      fc.constantFrom(0x200b, 0x200c, 0x0c03, 0x1009, 0x2018, 0x2011, 0x1405),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(command, ([code, parameters]) => {
        const { host, packets } = rig();
        const body = parameters.subarray(0, 255);
        host.write(Buffer.from([1, code & 255, code >> 8, body.length, ...body]));
        expect(packets).toHaveLength(1);
      }),
    );
  });
});

describe('advertising', () => {
  const report = '043e 15 02 01 03 01 0100000000c0 09 020106 05ffe1021002 c4'.replaceAll(' ', '');

  test('is reported byte by byte, each time, while the host scans', () => {
    const { radio, host, taken } = rig();
    const silent = device({ connectable: false });
    radio.advertise(silent);
    expect(taken()).toEqual([]);
    host.write(setScanEnable(true, false));
    taken();
    radio.advertise(silent);
    radio.advertise(silent);
    expect(taken()).toEqual([report, report]);
  });

  test('is reported once with the duplicate filter on', () => {
    const { radio, host, taken } = rig();
    host.write(setScanEnable(true, true));
    taken();
    const silent = device({ connectable: false });
    radio.advertise(silent);
    radio.advertise(silent);
    expect(taken()).toEqual([report]);
  });

  test('is followed by the scan response with the name when the host scans actively', () => {
    const { radio, host, taken } = rig();
    host.write(setScanParameters(true));
    host.write(setScanEnable(true, false));
    taken();
    radio.advertise(device({ name: 'Roof' }));
    const [first, second] = taken();
    expect(first).toContain('e1021002');
    expect(second).toBe('043e12020104010100000000c006050952 6f6f66c4'.replaceAll(' ', ''));
  });

  test('beyond the 31 bytes of a packet is a mistake of the simulation', () => {
    const { radio, host } = rig();
    host.write(setScanEnable(true, false));
    const long = device({ advertising: manufacturerAdvertising(1, Buffer.alloc(25)) });
    expect(() => radio.advertise(long)).toThrow('32 bytes');
  });

  test('comes by itself at the interval', async () => {
    const { radio, host, packets } = rig();
    host.write(setScanEnable(true, false));
    const advertised = new Promise<void>((resolve) => {
      let count = 0;
      const advertising = (): Buffer => {
        if (++count === 3) resolve();
        return manufacturerAdvertising(1, Buffer.from([count]));
      };
      radio.add(device({ intervalMs: 2, advertising }));
    });
    await advertised;
    radio.close();
    expect(packets.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a controller reached by TCP', () => {
  test('belongs to the host that connected last, and is off when that one leaves', async () => {
    const radio = createVirtualRadio();
    const server = await serveH4(radio);
    const first = connect(server.port, '127.0.0.1');
    first.write(setScanEnable(true, false));
    while (!radio.scanning) await once(radio.events, 'scan');
    const second = connect(server.port, '127.0.0.1');
    while (radio.scanning) await once(radio.events, 'scan');
    second.write(hex('01 030c 00'));
    const [answer]: Buffer[] = await once(second, 'data');
    expect(answer?.toString('hex')).toBe('040e0401030c00');
    second.write(setScanEnable(true, false));
    while (!radio.scanning) await once(radio.events, 'scan');
    second.destroy();
    while (radio.scanning) await once(radio.events, 'scan');
    first.destroy();
    await server.close();
  });
});

describe('the GATT server', () => {
  function server() {
    const sent: Buffer[] = [];
    const written: string[] = [];
    const gatt = createGattServer({
      name: 'sim',
      mtuMax: 50,
      services: [
        {
          uuid: 'ff00',
          characteristics: [
            { uuid: 'ff01', properties: ['notify'], value: hex('00') },
            {
              uuid: 'ff02',
              properties: ['write', 'writeWithoutResponse'],
              onWrite: (data) => void written.push(data.toString('hex')),
            },
          ],
        },
      ],
    });
    gatt.opened((packet) => sent.push(packet));
    const ask = (request: string): string[] => {
      gatt.handle(hex(request));
      return texts(sent.splice(0));
    };
    return { gatt, ask, written };
  }

  test('lists its services with their handles', () => {
    // Generic access from handle 1 to 3, the battery service from 4 to 9.
    expect(server().ask('10 0100 ffff 0028')).toEqual(['1106010003000018040009 0000ff'.replaceAll(' ', '')]);
  });

  test('refuses what the properties do not allow, and what does not exist', () => {
    const { ask } = server();
    expect(ask('0a 0900')).toEqual(['010a090002']);
    expect(ask('12 0600 01')).toEqual(['0112060003']);
    expect(ask('0a 6300')).toEqual(['010a630001']);
    expect(ask('20')).toEqual(['0120000006']);
  });

  test('answers a write before what the write causes, and a command not at all', () => {
    const { ask, written } = server();
    expect(ask('12 0900 abcd')).toEqual(['13']);
    expect(ask('52 0900 ef')).toEqual([]);
    expect(written).toEqual(['abcd', 'ef']);
  });

  test('notifies only who subscribed, and cuts at the size agreed on', () => {
    const { gatt, ask } = server();
    expect(gatt.notify('ff01', Buffer.alloc(30))).toBe(false);
    expect(ask('12 0700 0100')).toEqual(['13']);
    expect(ask('02 2800')).toEqual(['033200']);
    gatt.notify('ff01', Buffer.alloc(60, 1));
    const [notification] = ask('1e');
    expect(notification).toBe(`1b0600${'01'.repeat(37)}`);
  });

  test('puts a prepared write together', () => {
    const { ask, written } = server();
    ask('16 0900 0000 0102');
    ask('16 0900 0200 03');
    expect(ask('18 01')).toEqual(['19']);
    expect(written).toEqual(['010203']);
  });
});

test('a 16-bit UUID equals its long form, and only that', () => {
  const long = uuidBytes('0000ff00-0000-1000-8000-00805f9b34fb');
  expect(sameUuid(uuidBytes('ff00'), long)).toBe(true);
  expect(sameUuid(uuidBytes('ff01'), long)).toBe(false);
});
