// Whole programs with a battery stack on CAN behind a USB-CAN-A, on a pseudo terminal with the real serial library.

import { type CanFrame, formatCandump } from '@wattline/protocols';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type CanBatteryState,
  pylontechFrames,
  victronFrames,
} from '../../simulator/src/devices/can-battery.ts';
import { type CanStack, openCanStack } from '../../simulator/src/devices/can-stack.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { agentFile, type Installation, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;
const roundEveryMs = 150;
const listening = 'aa55120301000000000000000002010000000019';

const battery: CanBatteryState = {
  ...{ voltage: 52.34, current: -12.3, temperature: 21.5, stateOfCharge: 85, stateOfHealth: 99 },
  ...{
    chargeVoltageLimit: 56.8,
    dischargeVoltageLimit: 44.8,
    chargeCurrentLimit: 100,
    dischargeCurrentLimit: 150,
  },
  ...{
    modules: 3,
    cellVoltageMin: 3.268,
    cellVoltageMax: 3.274,
    charged: 1234.5,
    discharged: 1200.1,
    isFull: false,
  },
};

async function openStack(folder: string, frames: () => readonly CanFrame[]): Promise<CanStack> {
  const stack = await openCanStack({ path: `${folder}/ttyCAN`, frames, everyMs: roundEveryMs });
  onTestFinished(stack.close);
  return stack;
}

async function siteWith(
  entry: (stack: CanStack) => string,
  frames: () => readonly CanFrame[],
  port?: number,
): Promise<{ readonly site: Installation; readonly stack: CanStack }> {
  const site = await openInstallation();
  const stack = await openStack(site.folder, frames);
  site.write('agent.yml', agentFile({ ...site, port: port ?? (await freePort()), devices: [entry(stack)] }));
  return { site, stack };
}

const entryOf =
  (definition: string, more = '') =>
  ({ path }: CanStack): string =>
    `{ name: stack, definition: ${definition}, port: "${path}", interval: 1s${more} }`;

describe.skipIf(!hasTerminals)('a battery stack on CAN', () => {
  test('of Pylontech is read, and nothing is written but the settings for listening', async () => {
    const { site, stack } = await siteWith(entryOf('can-pylontech'), () => pylontechFrames(battery));
    const { code, stdout, stderr } = await site.agent(['read', 'stack', '--json']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ name: 'stack', definition: 'can-pylontech', kind: 'battery', model: 'PYLON' },
      values: {
        ...{ state_of_charge: 85, state_of_health: 99, battery_voltage: 52.34, battery_current: -12.3 },
        ...{
          battery_power: -643.782,
          battery_temperature: 21.5,
          module_count: 3,
          protections: [],
          warnings: [],
        },
        ...{ charge_allowed: true, discharge_allowed: true, battery_charge_voltage_limit: 56.8 },
      },
    });
    expect(stack.settings()).toEqual([listening]);
    expect(stack.strange()).toBe('');
  });

  test('in Victron style is delivered with once', async () => {
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const { site } = await siteWith(entryOf('can-victron'), () => victronFrames(battery), broker.port);
    expect((await site.agent(['once']).ended).code).toBe(0);
    const published = observer.arrivals.filter(({ topic }) => topic === 'can/battery/stack');
    expect(published).toHaveLength(1);
    expect(JSON.parse(published[0]?.payload ?? '')).toMatchObject({
      ...{ _definition: 'can-victron', _kind: 'battery', _model: 'WATTLINE', alarms: [], warnings: [] },
      ...{ state_of_charge: 85, cell_voltage_min: 3.268, cell_temperature_max: 22, module_count_online: 3 },
      ...{ battery_energy_charged_total: 1_234_500, battery_voltage: 52.34 },
    });
  });

  test('comes back when its adapter is pulled and plugged in, set for listening again', async () => {
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const { site, stack } = await siteWith(
      entryOf('can-pylontech'),
      () => pylontechFrames(battery),
      broker.port,
    );
    const program = site.agent(['run']);
    const isStack = ({ topic }: { readonly topic: string }) => topic === 'can/battery/stack';
    const count = () => observer.arrivals.filter(isStack).length;
    await expect.poll(count, { timeout: 15_000 }).toBeGreaterThan(0);
    await stack.unplug();
    const before = count();
    await stack.plugIn();
    await expect.poll(count, { timeout: 15_000 }).toBeGreaterThan(before + 1);
    await program.stop('SIGTERM');
    expect(new Set(stack.settings())).toEqual(new Set([listening]));
    expect(stack.settings().length).toBe(2);
    expect(stack.strange()).toBe('');
  });

  test('may be acknowledged where nobody else does it, and at another bit rate', async () => {
    const more = ', listen_only: no, bit_rate: 250k';
    const { site, stack } = await siteWith(entryOf('can-pylontech', more), () => pylontechFrames(battery));
    expect((await site.agent(['read', 'stack']).ended).code).toBe(0);
    expect(stack.settings()).toEqual(['aa55120501000000000000000000010000000019']);
  });

  test('hears what an inverter would say, where it has none and that is wanted', async () => {
    const more = ', listen_only: no, keep_alive: yes';
    const { site, stack } = await siteWith(entryOf('can-pylontech', more), () => pylontechFrames(battery));
    expect((await site.agent(['read', 'stack']).ended).code).toBe(0);
    expect(stack.settings()).toEqual(['aa55120301000000000000000000010000000017']);
    expect(stack.strange()).toMatch(/^(aac80503000000000000000055)+$/);
  });

  test('of another family is said with the definition that fits', async () => {
    const { site } = await siteWith(entryOf('can-growatt'), () => pylontechFrames(battery));
    const { code, stdout } = await site.agent(['check', '--json']).ended;
    expect(code).not.toBe(0);
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.find(({ what }) => what === 'stack')).toEqual({
      ...{ what: 'stack', ok: false },
      text: 'frames come, but none of can-growatt: 0x351 0x356 0x355 0x359 0x35C 0x35E; they look like "definition: can-pylontech"',
    });
  });

  test('of an unknown maker is read as what its frames tell', async () => {
    const { site } = await siteWith(entryOf('can-battery'), () => victronFrames(battery));
    const { code, stdout } = await site.agent(['read', 'stack', '--json']).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ name: 'stack', definition: 'can-victron' },
      values: { state_of_charge: 85, alarms: [] },
    });
  });

  test('is recorded with all frames of the bus, and the recording stands in for it', async () => {
    const foreign: CanFrame = { id: 0x7ab, data: Uint8Array.of(1, 2) };
    const { site, stack } = await siteWith(entryOf('can-pylontech'), () => [
      ...pylontechFrames(battery),
      foreign,
    ]);
    const recorded = await site.agent(['record', 'stack', '--out', 'stack.jsonl', '--for', '3s']).ended;
    expect(recorded.stderr).toMatch(/^stack\.jsonl: [1-9]\d* frames of stack\n$/);
    await stack.unplug();
    expect(site.read('stack.jsonl')).toContain('"source":1963');
    const read = await site.agent(['--replay', 'stack.jsonl', 'read', 'stack', '--json']).ended;
    expect(read).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(read.stdout)).toMatchObject({ name: 'stack', values: { state_of_charge: 85 } });
  });
});

test('a log of candump stands in for a battery, with its own time', async () => {
  const site = await openInstallation();
  const wallMs = Date.UTC(2025, 0, 31, 12);
  const lines = pylontechFrames(battery).map((frame, index) =>
    formatCandump({ interface: 'can0', frame, wallMs: wallMs + index }),
  );
  site.write('can0.log', `${lines.join('\n')}\n`);
  const device = '{ name: stack, definition: can-pylontech, port: can9 }';
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [device] }));
  const { code, stdout } = await site.agent(['--replay', 'can0.log', 'read', 'stack', '--json']).ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ time: wallMs + 4, values: { battery_voltage: 52.34 } });
});

test('a battery that counts in another unit is told by its scale, once and read alike', async () => {
  const site = await openInstallation();
  const broker = await startAedes();
  const observer = await subscribeAll(broker, 4);
  const lines = victronFrames(battery).map((frame) => formatCandump({ interface: 'can0', frame, wallMs: 1 }));
  site.write('can0.log', `${lines.join('\n')}\n`);
  const device =
    '{ name: stack, definition: can-victron, port: can9, scale: { battery_energy_charged_total: 0.1 } }';
  site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [device] }));
  const read = await site.agent(['--replay', 'can0.log', 'read', 'stack', '--json']).ended;
  const expected = { battery_energy_charged_total: 123_450, battery_energy_discharged_total: 1_200_100 };
  expect(JSON.parse(read.stdout).values).toMatchObject(expected);
  expect((await site.agent(['--replay', 'can0.log', 'once']).ended).code).toBe(0);
  const [published] = observer.arrivals.filter(({ topic }) => topic === 'can/battery/stack');
  expect(JSON.parse(published?.payload ?? '')).toMatchObject(expected);
});

test('a bus is recognised by scan, with the block that reads it', async () => {
  const site = await openInstallation();
  const lines = victronFrames(battery).map((frame) => formatCandump({ interface: 'can0', frame, wallMs: 1 }));
  site.write('can0.log', `${lines.join('\n')}\n`);
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [] }));
  const { code, stdout, stderr } = await site.agent(['--replay', 'can0.log', 'scan']).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^bus +model +definition +configured\ncan0\.log +WATTLINE +can-victron +no\n/);
  expect(stdout).toContain('- name: WATTLINE\n  definition: can-victron\n  port: can0.log\n');
  const json = await site.agent(['--replay', 'can0.log', 'scan', '--json']).ended;
  expect(JSON.parse(json.stdout)).toEqual({
    ...{ port: 'can0.log', definition: 'can-victron', kind: 'battery', model: 'WATTLINE' },
  });
});

test('an interface that is not there is said with what to look at', async () => {
  const site = await openInstallation();
  const device = '{ name: stack, definition: can-pylontech, port: can9 }';
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [device] }));
  const { code, stdout } = await site.agent(['check', '--json']).ended;
  expect(code).not.toBe(0);
  expect(stdout).toContain('there is no CAN interface can9: is the adapter plugged in');
});
