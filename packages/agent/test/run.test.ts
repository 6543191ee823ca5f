// `run` as a whole program: cables pulled, radio lost, brokers restarted, and an end in order.

import { formatBlock } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { openVirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';
import { type Arrival, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { open, waiting } from './outbox-scratch.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

interface Accepted {
  readonly topic: string;
  readonly timeMs: number;
  readonly stream: string;
  readonly sequence: number;
  readonly values: { readonly [field: string]: unknown };
}

const hasTerminals = (await ptyProgramsHere()).length > 0;
const every = ', interval: 1s';
const acceptedOf = (lines: readonly string[]): Accepted[] => lines.map((line) => JSON.parse(line));
const identityOf = ({ stream, sequence }: Accepted) => `${stream} ${sequence}`;

const publishedOf = (arrivals: readonly Arrival[]) =>
  arrivals
    .filter(({ topic }) => topic.startsWith('victron/'))
    .map(({ topic, payload }) => {
      const { _stream, _seq, _timestamp, ...rest } = JSON.parse(payload);
      return { topic, identity: `${_stream} ${_seq}`, timeMs: Number(_timestamp), rest };
    });

const stateOf = (arrivals: readonly Arrival[]) =>
  JSON.parse(arrivals.findLast(({ topic }) => topic === 'wattline/agent/barn/state')?.payload ?? '{}');

test('told to stop while the broker is away it ends with 0, and everything accepted is on disk', async () => {
  const site = await openInstallation();
  const devices = [site.charger('roof'), site.charger('shed')].map((charger) => entryOf(charger, every));
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices }));
  const agent = site.agent(['run', '--json']);
  await agent.untilPrinted((lines) => lines.length >= 4);
  const { code, stdout, stderr } = await agent.stop('SIGTERM');
  expect(code).toBe(0);
  expect(stderr).toMatch(/configuration: agent\.yml\n/);
  expect(stderr).toMatch(/INFO {2}stopped\n$/);
  const accepted = acceptedOf(stdout.trim().split('\n'));
  const outbox = await open(`${site.folder}/outbox`);
  const kept = (await waiting(outbox)).map(({ topic, payload }) => {
    const { _stream, _seq, _timestamp } = JSON.parse(payload);
    return { topic, identity: `${_stream} ${_seq}`, timeMs: _timestamp };
  });
  await outbox.close();
  expect(kept).toEqual(
    expect.arrayContaining(
      accepted.map((reading) => ({
        topic: reading.topic,
        identity: identityOf(reading),
        timeMs: reading.timeMs,
      })),
    ),
  );
  expect(kept).toHaveLength(accepted.length);
});

describe.skipIf(!hasMosquitto(process.env))('with a real Mosquitto', () => {
  test('a broker that restarts gets every accepted reading, each once and newest at once', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const before = await subscribeAll(broker);
    const devices = [site.charger('roof'), site.charger('shed')].map((charger) => entryOf(charger, every));
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
    const agent = site.agent(['run', '--json']);
    await before.until((arrivals) => publishedOf(arrivals).length >= 4);
    await broker.kill();
    const wasAccepted = agent.lines.length;
    await agent.untilPrinted((lines) => lines.length >= wasAccepted + 6);
    await broker.start();
    const after = await subscribeAll(broker);
    await after.until((arrivals) => stateOf(arrivals).state === 'online');
    await agent.untilPrinted((lines) => lines.length >= wasAccepted + 12);
    const { code, stdout } = await agent.stop();
    expect(code).toBe(0);
    await after.until((arrivals) => stateOf(arrivals).state === 'offline');
    const accepted = acceptedOf(stdout.trim().split('\n'));
    const published = [...publishedOf(before.arrivals), ...publishedOf(after.arrivals)];
    const kept = await open(`${site.folder}/outbox`);
    const left = (await waiting(kept)).map(({ stream, sequence }) => `${stream} ${sequence}`);
    await kept.close();
    const arrived = new Set(published.map(({ identity }) => identity));
    for (const reading of accepted) expect([...arrived, ...left]).toContain(identityOf(reading));
    // What was under way when the broker died may have come twice: with the same identity.
    const contents = new Set(published.map(({ identity, timeMs }) => `${identity} ${timeMs}`));
    expect(contents.size).toBe(arrived.size);
    expect(stateOf(after.arrivals)).toMatchObject({
      state: 'offline',
      devices: [{ name: 'roof' }, { name: 'shed' }],
    });
  });

  test('the radio is lost and heard again without a restart of the agent', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const roof = site.charger('roof');
    site.charger('stranger');
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [entryOf(roof, every)] }));
    const agent = site.agent(['run']);
    await observer.until((arrivals) => publishedOf(arrivals).length >= 2);
    site.hangUp();
    await agent.untilSaid(/WARN {2}|ERROR /);
    const count = publishedOf(observer.arrivals).length;
    await observer.until((arrivals) => publishedOf(arrivals).length >= count + 2);
    await agent.untilSaid(/Bluetooth: heard again/);
    const published = publishedOf(observer.arrivals);
    const measurements = published.map(({ rest }) => rest.pv_power);
    expect(measurements).toEqual(measurements.toSorted((a, b) => a - b));
    expect(new Set(measurements).size).toBe(measurements.length);
    expect(await agent.stop()).toMatchObject({ code: 0, stdout: '' });
    expect(stateOf(observer.arrivals)).toMatchObject({
      state: 'offline',
      devices: [{ name: 'roof', topic: 'victron/smartsolar/roof', rssi: -60 }],
      inReach: [{ address: 'FA:AC:27:00:00:02', model: 'SmartSolar Charger MPPT 100/50', rssi: -60 }],
    });
  });

  test('a command to stay awake until a time that has passed is cleared', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const topic = 'wattline/agent/barn/stay_awake';
    await observer.publish(topic, JSON.stringify({ until: Date.now() - 1000 }), true);
    site.write(
      'agent.yml',
      agentFile({ ...site, port: broker.port, devices: [entryOf(site.charger('roof'))] }),
    );
    const agent = site.agent(['run']);
    await observer.until((arrivals) =>
      arrivals.some((arrival) => arrival.topic === topic && arrival.payload === ''),
    );
    expect(await agent.stop()).toMatchObject({ code: 0 });
  });

  test.skipIf(!hasTerminals)('a cable may be pulled and put back', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const port = `${site.folder}/by-id/usb-VictronEnergy_BV_VE_Direct_cable-if00-port0`;
    let millivolts = 12_000;
    let line = await openVirtualSerial(port);
    const sending = setInterval(() => {
      millivolts += 1;
      line.write(
        formatBlock([
          ['PID', '0xA389'],
          ['V', String(millivolts)],
        ]),
      );
    }, 100);
    const device = `{ name: shunt, definition: vedirect-text, port: "${port}"${every} }`;
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [device] }));
    const agent = site.agent(['run']);
    try {
      await observer.until((arrivals) => publishedOf(arrivals).length >= 2);
      await line.close();
      await agent.untilSaid(/WARN {2}shunt: (the serial port .* is gone|there is no serial port)/);
      const pulledMs = Date.now();
      line = await openVirtualSerial(port);
      await observer.until((arrivals) => publishedOf(arrivals).some(({ timeMs }) => timeMs > pulledMs));
      await agent.untilSaid(/INFO {2}shunt: read again/);
      const published = publishedOf(observer.arrivals);
      expect(new Set(published.map(({ topic }) => topic))).toEqual(new Set(['victron/battery/shunt']));
      const voltages = published.map(({ rest }) => rest.battery_voltage);
      expect(new Set(voltages).size).toBe(voltages.length);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    } finally {
      clearInterval(sending);
      await line.close();
    }
  });
});
