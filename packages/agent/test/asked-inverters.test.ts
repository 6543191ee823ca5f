// Whole programs with an inverter of a parallel system, on a pseudo terminal with the real serial library.

import { expect, onTestFinished, test } from 'vitest';
import { type AxpertState, createAxpert, toReports } from '../../simulator/src/devices/axpert.ts';
import { openVirtualSerial, type VirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { agentFile, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;

const shown: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 230.2, frequency: 50, acOutputPower: 920 },
  ...{ batteryVoltage: 52.78, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 5800, pvEnergyTotal: 238_800, clock: '20210726122606' },
};

/** The middle one of three; what it answers comes in reports of eight bytes. */
async function openInverter(port: string) {
  const units = [0, 1, 2].map((number) => ({
    serial: `9293170110051${number}`,
    state: () => ({ ...shown, acOutputPower: 900 + number }),
  }));
  const axpert = createAxpert(units[1] ?? { serial: '', state: () => shown }, units);
  const line: VirtualSerial = await openVirtualSerial(port, (bytes) => {
    const reports = axpert.receive(bytes).flatMap((answer) => toReports(answer));
    line.write(Buffer.concat(reports));
  });
  onTestFinished(() => line.close());
  return axpert;
}

test.runIf(hasTerminals)(
  'an inverter tells of the others in parallel, each a device; or only of itself',
  async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const port = `${site.folder}/ttyAxpert`;
    const axpert = await openInverter(port);
    for (const units of ['all', 'own']) {
      const entry = `{ name: hut-${units}, definition: voltronic-pi30, port: "${port}", units: ${units} }`;
      site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [entry] }));
      expect(await site.agent(['once']).ended).toMatchObject({ code: 0 });
    }
    const powers = observer.arrivals
      .filter(({ topic }) => topic.startsWith('voltronic/'))
      .map(({ topic, payload }) => [topic, JSON.parse(payload)['ac_output_power']]);
    expect(powers.sort()).toEqual([
      ['voltronic/inverter/hut-all', 901],
      ['voltronic/inverter/hut-all_unit_0', 900],
      ['voltronic/inverter/hut-all_unit_2', 902],
      ['voltronic/inverter/hut-own', 901],
    ]);
    expect(axpert.strange).toEqual([]);
  },
);
