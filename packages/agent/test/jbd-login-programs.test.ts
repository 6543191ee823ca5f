// The whole agent and the password of a JBD battery over the virtual radio: right, wrong, and changed by an app meanwhile.

import { expect, test } from 'vitest';
import { createJbdBoard, createJbdModule } from '../../simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { agentFile, type Installation, openInstallation } from './agent-rig.ts';
import { password } from './asked-battery.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';

const passwordCommand = 0x18;
const other = '654321';

function putBattery(site: Installation) {
  const login = { address: 'A4:C1:38:00:00:01', password, appKey: '000000', random: () => 0x37 };
  const state = { voltage: 13.34, current: -0.5, remainingAh: 204, ratedAh: 213 };
  const board = createJbdBoard(() => ({ ...state, cellVoltages: [3.336, 3.334], temperatures: [26.8] }));
  let logins = 0;
  const peripheral = createJbdPeripheral(
    createJbdModule(board, login),
    { address: login.address, name: 'JBD-SP04S034', intervalMs: 100 },
    (request) => {
      if (request[0] === 0xff && request[2] === passwordCommand) logins++;
      return undefined;
    },
  );
  site.put(peripheral);
  const entryWith = (secret: string): string =>
    `{ name: bank, definition: jbd, address: "${login.address}", password: "${secret}", interval: 1s }`;
  return { login, state, board, peripheral, entryWith, logins: () => logins };
}

test('the right password reads; a wrong one is the key, by the name of its setting, and is tried once', async () => {
  const site = await openInstallation();
  const bank = putBattery(site);
  const use = (secret: string) =>
    site.write('agent.yml', agentFile({ ...site, port: 1, devices: [bank.entryWith(secret)] }));
  use(password);
  const right = await site.agent(['read', 'bank', '--json']).ended;
  expect(right).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(right.stdout).values).toMatchObject({ battery_voltage: 13.34, cell_voltage_2: 3.334 });

  use(other);
  const before = bank.logins();
  const wrong = await site.agent(['read', 'bank', '--json']).ended;
  expect(wrong).toMatchObject({ code: 5, stdout: '' });
  expect(wrong.stderr).toMatch(/^bank: no reading: password: the module refuses it; it is the one that was/);
  expect(wrong.stderr).not.toContain(other);
  expect(bank.logins() - before).toBe(1);
  expect(bank.board.strange).toEqual([]);
});

test.each([
  { changed: 'password', says: /bank: password: the module refuses it/, logins: 1 },
  { changed: 'appKey', says: /bank: the module refuses the app key 000000 .* no setting helps/, logins: 0 },
] as const)(
  'an app changes the $changed meanwhile: it is said, no old value comes again, and what is right reads on',
  async ({ changed, says, logins }) => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const bank = putBattery(site);
    const readings = () =>
      observer.arrivals
        .filter(({ topic }) => topic === 'jbd/battery/bank')
        .map(({ payload }) => JSON.parse(payload).battery_voltage);
    const use = (secret: string) =>
      site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [bank.entryWith(secret)] }));
    use(password);
    const agent = site.agent(['run']);
    await expect.poll(() => readings().length, { timeout: 15_000 }).toBeGreaterThan(1);

    bank.login[changed] = other;
    bank.state.voltage = 12.5;
    const before = bank.logins();
    bank.peripheral.hangUp();
    await agent.untilSaid(says);
    const told = readings().length;
    expect(await agent.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(bank.logins() - before).toBe(logins);
    expect(readings().slice(told)).toEqual([]);
    expect(new Set(readings())).toEqual(new Set([13.34]));

    if (changed === 'password') use(other);
    else bank.login.appKey = '000000';
    expect((await site.agent(['once']).ended).code).toBe(0);
    expect(readings().at(-1)).toBe(12.5);
    expect(bank.board.strange).toEqual([]);
  },
  40_000,
);
