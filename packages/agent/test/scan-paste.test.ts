// What `scan` prints is put into a configuration as it is, and reads the devices. The radio is reached as a controller on
// a UART: through a terminal.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AxpertState } from '../../simulator/src/devices/axpert.ts';
import { createAxpertPeripheral } from '../../simulator/src/devices/axpert-peripheral.ts';
import { createJbdBoard, createJbdModule } from '../../simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { createLitime, createLitimePeripheral } from '../../simulator/src/devices/litime.ts';
import { createRenogy, createRenogyPeripheral } from '../../simulator/src/devices/renogy.ts';
import { hasPrograms } from '../../simulator/src/services/needs.ts';
import { agentFile, entryOf, type Installation, openInstallation } from './agent-rig.ts';
import { password } from './asked-battery.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';

const advertising = { intervalMs: 100 } as const;

/** A terminal whose other end is the radio, for one program: it is gone when that closes it. */
async function openUart({ folder, adapter }: Installation): Promise<string> {
  const path = join(folder, 'ttyRadio');
  const radio = adapter.replace('tcp:', 'TCP:');
  const relay = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${path}`, radio], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void relay.kill('SIGKILL'));
  let said = '';
  for await (const text of relay.stderr.setEncoding('utf8')) {
    said += text;
    if (said.includes('starting data transfer')) break;
  }
  if (relay.exitCode !== null) throw new Error(`no terminal: ${said}`);
  return path;
}

/** Runs the agent with the radio on a terminal of its own. */
async function run(site: Installation, words: readonly string[]) {
  await openUart(site);
  return await site.agent(words).ended;
}

function putJbd(site: Installation, number: number, name: string) {
  const address = `A4:C1:38:00:00:0${number}`;
  const board = createJbdBoard(() => ({
    ...{ voltage: 13 + number / 100, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  }));
  const module = createJbdModule(board, { address, password, random: () => 0x37 });
  site.put(createJbdPeripheral(module, { address, name, ...advertising }));
}

const axpert: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 229.9, frequency: 50, acOutputPower: 745 },
  ...{ batteryVoltage: 52.78, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 0, pvEnergyTotal: 0, clock: '' },
};

/** What the scan says to put under `devices`. */
function pasted(printed: string): string[] {
  const [, block = ''] = printed.split('put this under "devices:" in agent.yml:\n');
  return block.trimEnd().split('\n');
}

test.runIf(hasPrograms({ socat: 'socat' }, process.env))(
  'what a scan prints reads the devices when it is pasted, with passwords where it asks for them',
  async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const roof = site.charger('roof');
    const known = site.charger('shed');
    putJbd(site, 1, 'JBD-SP04S034');
    putJbd(site, 2, 'JBD-SP04S034');
    const controller = createLitime(() => ({
      ...{ charge: 0.72, voltage: 13.2, chargeCurrent: 5.5, deviceTemperature: 31, batteryTemperature: -4 },
      ...{
        loadCurrent: 1.25,
        isLoadOn: true,
        pvVoltage: 36.5,
        chargePowerMaxToday: 410,
        chargedTodayWh: 1234,
      },
      ...{ loadTodayWh: 321, stage: 'bulk', days: 100, chargedTotalWh: 812_340, loadTotalWh: 70_000 },
    }));
    const litime = { address: 'C8:47:80:00:00:01', name: 'BT-LTMPPT4860', ...advertising };
    site.put(createLitimePeripheral(controller, litime));
    const rover = createRenogy(() => ({
      ...{ charge: 0.64, voltage: 12.8, chargeCurrent: 4.25, deviceTemperature: 27, batteryTemperature: -6 },
      ...{ loadCurrent: 1.5, isLoadOn: true, pvVoltage: 34.2, pvCurrent: 1.6, stage: 'bulk', days: 42 },
      today: { voltageMin: 12.4, voltageMax: 14.1, chargePowerMax: 212, generatedWh: 640, consumedWh: 128 },
      ...{ generatedTotalWh: 65_936, consumedTotalWh: 20_480, faults: 0 },
    }));
    const renogy = { address: '80:6F:B0:00:00:01', name: 'BT-TH-B0000001', ...advertising };
    site.put(createRenogyPeripheral(rover, renogy));
    const inverter = { address: 'A4:C1:38:00:00:09', name: 'ID55355535553555', ...advertising };
    site.put(createAxpertPeripheral(() => axpert, inverter));
    const onUart = { adapter: `uart:${site.folder}/ttyRadio`, port: broker.port };
    const devices = [entryOf(known).replace('shed', 'JBD-SP04S034-2')];
    site.write('agent.yml', agentFile({ ...onUart, devices }));

    const scanned = await run(site, ['scan', '--for', '3s']);
    expect(scanned).toMatchObject({ code: 0, stderr: '' });
    const lines = pasted(scanned.stdout);
    const names = lines.flatMap((line) => /^- name: (.*)$/.exec(line)?.[1] ?? []);
    expect(names.toSorted()).toEqual([
      ...['BT-LTMPPT4860', 'BT-TH-B0000001', 'ID55355535553555', 'JBD-SP04S034', 'JBD-SP04S034-3', 'roof'],
    ]);

    // As a person does: the block goes in, what is said behind "#" to be needed is taken, the secrets are written.
    const filled = lines.map((line) => `  ${line.replace(/# (password: \S+)/, '$1')}`);
    site.write('agent.yml', `${agentFile({ ...onUart, devices })}${filled.join('\n')}\n`);
    const secrets = names.map((name) => `${name}: "${name === 'roof' ? roof.key : password}"`);
    site.write('secrets.yml', `${secrets.join('\n')}\n`);
    const checked = await run(site, ['check']);
    expect(checked.stdout).not.toMatch(/^(FAULT|DOUBT)/m);
    expect(checked).toMatchObject({ code: 0 });
    const once = await run(site, ['once']);
    expect(once).toMatchObject({ code: 0 });
    const told = Object.fromEntries(
      observer.arrivals.flatMap(({ topic, payload }) => {
        const [vendor, , name] = topic.split('/');
        return vendor === 'wattline' ? [] : [[name, JSON.parse(payload).battery_voltage]];
      }),
    );
    expect(told['BT-TH-B0000001']).toBe(12.8);
    expect([...rover.strange, ...controller.strange]).toEqual([]);
    const jbd = names.filter((name) => name.startsWith('JBD')).map((name) => told[name]);
    expect(jbd.toSorted()).toEqual([13.01, 13.02]);
    expect(told).toMatchObject({
      ...{ roof: 13.2, 'JBD-SP04S034-2': 13.2, 'BT-LTMPPT4860': 13.2, ID55355535553555: 52.78 },
    });
  },
  60_000,
);
