// Whole programs with a battery that must be asked, on a pseudo terminal with the real serial library.

import { describe, expect, onTestFinished, test } from 'vitest';
import { createJbdBoard, type JbdState } from '../../simulator/src/devices/jbd.ts';
import { openVirtualSerial, type VirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { agentFile, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;
const chunkBytes = 7;
const gapMs = 2;

interface Bank {
  readonly port: string;
  readonly strange: readonly string[];
  /** Bytes of the host so far. */
  readonly asked: () => string;
  set(changes: Partial<JbdState>): void;
  /** Nothing is answered any more, or again. */
  sleep(isAsleep: boolean): void;
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
}

/** A battery that answers in pieces, as a slow line brings them. */
async function openBank(folder: string): Promise<Bank> {
  const port = `${folder}/ttyBMS`;
  let state: JbdState = {
    ...{ voltage: 13.34, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  };
  const board = createJbdBoard(() => state);
  let asked = '';
  let isAsleep = false;
  let line: VirtualSerial | undefined;
  const pieces: Uint8Array[] = [];
  const sending = setInterval(() => {
    const piece = pieces.shift();
    if (piece !== undefined) line?.write(piece);
  }, gapMs);
  const receive = (bytes: Buffer): void => {
    asked += bytes.toString('hex');
    if (isAsleep) return;
    for (const answer of board.receive(bytes))
      for (let at = 0; at < answer.length; at += chunkBytes)
        pieces.push(answer.subarray(at, at + chunkBytes));
  };
  const plugIn = async () => {
    line = await openVirtualSerial(port, receive);
  };
  const unplug = async () => line?.close();
  await plugIn();
  onTestFinished(async () => {
    clearInterval(sending);
    await unplug();
  });
  return {
    ...{ port, plugIn, unplug, strange: board.strange, asked: () => asked },
    async unplug() {
      await unplug();
    },
    set(changes) {
      state = { ...state, ...changes };
    },
    sleep(asleep) {
      isAsleep = asleep;
    },
  };
}

const entryOf = ({ port }: Bank, name = 'bank'): string =>
  `{ name: ${name}, definition: jbd, port: "${port}", interval: 1s }`;

describe.skipIf(!hasTerminals)('a battery on a serial port', () => {
  test('is read once and printed, and only what its page lists is sent to it', async () => {
    const site = await openInstallation();
    const bank = await openBank(site.folder);
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(bank)] }));
    const { code, stdout, stderr } = await site.agent(['read', 'bank', '--json']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ name: 'bank', definition: 'jbd', kind: 'battery', model: 'JBD-SP04S034-L4S-200A-B-U' },
      values: {
        ...{ battery_voltage: 13.34, battery_current: -0.5, battery_power: -6.67, state_of_charge: 96 },
        ...{ cell_count: 4, cell_voltage_2: 3.334, cell_voltage_difference: 0.002, restart_count: 0 },
        ...{
          battery_temperature_1: 26.8,
          charge_mos_on: true,
          protections: [],
          production_date: '2024-08-26',
        },
      },
    });
    expect(bank.asked()).toMatch(/^dda50300fffd77dda50400fffc77dda50500fffb77dda5aa00ff5677/);
    expect(bank.strange).toEqual([]);
  });

  test('is found by asking at its port, with the requests of definitions only', async () => {
    const site = await openInstallation();
    const bank = await openBank(site.folder);
    const { code, stdout } = await site.agent(['scan', '--ask', '--port', bank.port]).ended;
    expect({ code, strange: bank.strange }).toEqual({ code: 0, strange: [] });
    expect(stdout).toContain(`${bank.port}: JBD smart BMS\n`);
    expect(stdout).toContain(`- name: jbd\n  definition: jbd\n  port: ${bank.port}\n`);
    const refused = await site.agent(['scan', '--ask']).ended;
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--ask and --port go together'),
    });
  });

  test('is not found when somebody stops the asking, which is no fault', async () => {
    const site = await openInstallation();
    const bank = await openBank(site.folder);
    bank.sleep(true);
    const asking = site.agent(['scan', '--ask', '--port', bank.port]);
    await expect.poll(bank.asked).not.toBe('');
    expect(await asking.stop('SIGINT')).toMatchObject({ code: 5, stderr: '' });
  });

  test('delivers with once, and what was recorded stands in for it with its own time', async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const bank = await openBank(site.folder);
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [entryOf(bank)] }));
    expect((await site.agent(['once']).ended).code).toBe(0);
    const published = () => observer.arrivals.filter(({ topic }) => topic === 'jbd/battery/bank');
    expect(published()).toHaveLength(1);
    expect(JSON.parse(published()[0]?.payload ?? '')).toMatchObject({
      ...{ battery_voltage: 13.34, _definition: 'jbd', _kind: 'battery', _interval: 1 },
      _model: 'JBD-SP04S034-L4S-200A-B-U',
    });

    const recorded = await site.agent(['record', 'bank', '--out', 'bank.jsonl', '--for', '3s']).ended;
    expect(recorded).toMatchObject({ code: 0, stdout: '' });
    expect(recorded.stderr).toMatch(/^bank\.jsonl: [1-9]\d* chunks of bank\n$/);
    const [header, ...entries] = site
      .read('bank.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ definition: 'jbd', medium: 'serial' });
    expect(entries[0]).toMatchObject({ direction: 'out', bytes: 'dda50300fffd77' });

    await bank.unplug();
    const read = await site.agent(['--replay', 'bank.jsonl', 'read', 'bank', '--json']).ended;
    expect(read).toMatchObject({ code: 0, stderr: '' });
    const { time, values } = JSON.parse(read.stdout);
    expect(values).toMatchObject({ battery_voltage: 13.34, cell_voltage_1: 3.336 });
    expect(time).toBeGreaterThanOrEqual(Date.parse(header.when));
    expect(time).toBeLessThan(Date.parse(header.when) + 3000);
    const once = await site.agent(['--replay', 'bank.jsonl', 'once']).ended;
    expect(once.code).toBe(0);
    expect(JSON.parse(published()[1]?.payload ?? '')).toMatchObject({ _timestamp: time });
  });

  test('is checked: its values, or the likely causes of its silence', async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const [bank, silent] = [await openBank(`${site.folder}/a`), await openBank(`${site.folder}/b`)];
    silent.sleep(true);
    const absent = { ...bank, port: `${site.folder}/ttyNone` };
    const devices = [entryOf(bank), entryOf(silent, 'second'), entryOf(absent, 'third')];
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
    const { code, stdout } = await site.agent(['check']).ended;
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ok {4}bank: JBD-SP04S034-L4S-200A-B-U: battery_voltage 13\.34 V/m);
    expect(stdout).toMatch(
      /^FAULT second: JBD smart BMS at .*ttyBMS: no answer within 1 s 3 times; is it on and awake\? is this its port/m,
    );
    expect(stdout).toMatch(/^FAULT third: .*ttyNone/m);
  });

  test('sleeps, wakes, is unplugged and plugged in again: run reads on by itself, and never says an old value', async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const bank = await openBank(site.folder);
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [entryOf(bank)] }));
    const agent = site.agent(['run']);
    const voltages = () =>
      observer.arrivals
        .filter(({ topic }) => topic === 'jbd/battery/bank')
        .map(({ payload }) => JSON.parse(payload))
        .map(({ battery_voltage: voltage, _timestamp: timeMs }) => ({ voltage, timeMs }));
    const untilRead = (voltage: number) =>
      expect.poll(() => voltages().at(-1)?.voltage, { timeout: 15_000, interval: 50 }).toBe(voltage);
    await untilRead(13.34);

    bank.sleep(true);
    await agent.untilSaid(/no answer within 1 s 3 times/);
    bank.set({ voltage: 12.9 });
    bank.sleep(false);
    await untilRead(12.9);

    await bank.unplug();
    await agent.untilSaid(/ttyBMS is gone: is its cable pulled\?/);
    bank.set({ voltage: 12.8 });
    await bank.plugIn();
    await untilRead(12.8);

    const all = voltages();
    expect(all.map(({ timeMs }) => timeMs)).toEqual(
      all.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b),
    );
    // In this order, each for a while: none comes back.
    expect(all.map(({ voltage }) => voltage).filter((one, at, list) => one !== list[at - 1])).toEqual([
      13.34, 12.9, 12.8,
    ]);
    expect(bank.strange).toEqual([]);
    expect((await agent.stop('SIGTERM')).code).toBe(0);
  });
});
