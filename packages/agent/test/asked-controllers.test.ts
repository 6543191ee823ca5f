// Whole programs with solar controllers that must be asked: a LiTime on the virtual radio, a Renogy on a serial line, a
// VE.Direct port that sends its text and answers in HEX between the text's bytes.

import { formatBlock } from '@wattline/protocols';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLitime, createLitimePeripheral } from '../../simulator/src/devices/litime.ts';
import { createModbusUnit } from '../../simulator/src/devices/modbus-unit.ts';
import { createRenogyDongle } from '../../simulator/src/devices/renogy-dongle.ts';
import { createHexPort } from '../../simulator/src/devices/vedirect-hex.ts';
import { openVirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { agentFile, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;

const shown = {
  product_code: '0xA053',
  serial_number: 'HQ2132WATTL',
  battery_voltage: 13.2,
  battery_current: 4.5,
  device_temperature: 31.25,
  pv_voltage: 36.5,
  pv_power: 80,
  charge_state: 'bulk',
};

/** What `once` publishes of these devices: topic → reading. */
async function readOnce(
  site: Awaited<ReturnType<typeof openInstallation>>,
  devices: readonly string[],
): Promise<ReadonlyMap<string, { readonly [key: string]: unknown }>> {
  const broker = await startAedes();
  const observer = await subscribeAll(broker, 4);
  site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
  const { code, stderr } = await site.agent(['once']).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/WARN|ERROR/) });
  return new Map(observer.arrivals.map(({ topic, payload }) => [topic, JSON.parse(payload)]));
}

test('a LiTime controller is read over its Bluetooth connection', async () => {
  const site = await openInstallation();
  const controller = createLitime(() => ({
    ...{ charge: 0.72, voltage: 13.2, chargeCurrent: 5.5, deviceTemperature: 31, batteryTemperature: -4 },
    ...{ loadCurrent: 1.25, isLoadOn: true, pvVoltage: 36.5, chargePowerMaxToday: 410, chargedTodayWh: 1234 },
    ...{ loadTodayWh: 321, stage: 'bulk', days: 100, chargedTotalWh: 812_340, loadTotalWh: 70_000 },
  }));
  const address = 'C8:47:8C:00:00:01';
  site.put(createLitimePeripheral(controller, { address, intervalMs: 100 }));
  const readings = await readOnce(site, [
    `{ name: mppt, definition: litime-mppt, address: "${address}", interval: 1s }`,
  ]);
  expect(readings.get('litime/solar_charger/mppt')).toMatchObject({
    ...{ battery_voltage: 13.2, battery_charge_power: 73, pv_voltage: 36.5, charge_state: 'bulk' },
    ...{ battery_temperature: -4, battery_charge_current_rated: 60, _model: 'BT-LTMPPT4860' },
  });
  expect(controller.strange).toEqual([]);
});

/** A Rover whose registers hold how far they are from the first; without ratings and settings. */
const rover = () =>
  createModbusUnit(
    0xff,
    () => new Map(Array.from({ length: 34 }, (_, index) => [0x0100 + index, index] as const)),
  );
// 0x21 stands at 0121.
const roverShows = { battery_voltage: 0.1, pv_voltage: 0.7, pv_power: 9 };
const roverFaults = ['battery_over_discharged', 'temperature_high'];
/** What it has not is refused, and asked once. */
const onceAsked = ['ff03000a001071da', 'ff03e002000107d4', 'ff03e0040001e7d5'];

test('a Renogy controller is read through a dongle, which takes and answers in two services', async () => {
  const site = await openInstallation();
  const unit = rover();
  const address = 'FC:58:FA:00:00:01';
  site.put(createRenogyDongle(unit, { address, intervalMs: 100 }));
  const readings = await readOnce(site, [
    `{ name: rover, definition: renogy-controller, address: "${address}", interval: 1s }`,
  ]);
  expect(readings.get('renogy/solar_charger/rover')).toMatchObject({ ...roverShows, faults: roverFaults });
  expect(unit.strange).toEqual(onceAsked);
});

/** A line whose bytes come in order, some at a time. */
async function openLine(path: string, receive: (bytes: Buffer) => Uint8Array[]) {
  const pieces: Uint8Array[] = [];
  const line = await openVirtualSerial(path, (bytes) => {
    pieces.unshift(...receive(bytes));
  });
  const sending = setInterval(() => {
    const piece = pieces.shift();
    if (piece !== undefined) line.write(piece);
  }, 5);
  onTestFinished(async () => {
    clearInterval(sending);
    await line.close();
  });
  return { say: (bytes: Uint8Array) => pieces.push(bytes) };
}

describe.skipIf(!hasTerminals)('on a serial line', () => {
  test('a Renogy controller is read, also one that has no ratings', async () => {
    const site = await openInstallation();
    const port = `${site.folder}/ttyRover`;
    const unit = rover();
    await openLine(port, unit.receive);
    const readings = await readOnce(site, [
      `{ name: rover, definition: renogy-controller, port: "${port}", interval: 1s }`,
    ]);
    const reading = readings.get('renogy/solar_charger/rover');
    expect(reading).toMatchObject({ ...roverShows, faults: roverFaults });
    expect(reading).not.toHaveProperty('model');
    expect(unit.strange).toEqual(onceAsked);
  });

  test('a VE.Direct port is listened to and asked at once, each a device of its own', async () => {
    const site = await openInstallation();
    const path = `${site.folder}/ttyVE`;
    const hex = createHexPort(() => shown);
    const line = await openLine(path, hex.receive);
    const block = formatBlock([
      ['PID', '0xA053'],
      ['V', '13200'],
      ['I', '4500'],
      ['PPV', '80'],
    ]);
    // Answers fall between these pieces.
    const saying = setInterval(() => {
      for (let at = 0; at < block.length; at += 6) line.say(block.subarray(at, at + 6));
      for (const frame of hex.unasked()) line.say(frame);
    }, 150);
    onTestFinished(() => clearInterval(saying));
    const readings = await readOnce(site, [
      `{ name: shed, definition: vedirect-text, port: "${path}", interval: 1s }`,
      `{ name: shed-more, definition: vedirect-hex, port: "${path}", interval: 1s }`,
    ]);
    expect(readings.get('victron/solar_charger/shed')).toMatchObject({ battery_voltage: 13.2, pv_power: 80 });
    expect(readings.get('victron/solar_charger/shed-more')).toMatchObject({
      ...{ battery_voltage: 13.2, battery_current: 4.5, pv_power: 80, device_temperature: 31.25 },
      ...{ serial_number: 'HQ2132WATTL', product_code: '0xA053', firmware_version: '1.16' },
    });
    expect(hex.strange).toEqual([]);
  });
});
