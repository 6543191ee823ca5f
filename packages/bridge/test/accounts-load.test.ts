// The sums of every hop, looked at all the time while readings pour in and broker and store come and go.

import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeReading } from '@wattline/protocols';
import mqtt from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { checkAccounts } from '../src/web/accounts.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { openBridgeSite, readingOf } from './service-rig.ts';

const here = influxd !== undefined && hasMosquitto(process.env);
const readings = 6_000;

/** A way to a server that can be cut: what is under way breaks off, what comes is refused. */
async function openGate(url: string) {
  const { port } = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const behind = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [[socket, behind] as const, [behind, socket] as const]) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakOff = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    breakOff();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      breakOff();
    },
    mend: () => {
      isCut = false;
    },
  };
}

/** The samples of a scrape by name and labels. */
function samplesOf(scrape: string): ReadonlyMap<string, number> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.split(' ').at(-1))]));
}

/** What does not add up in one scrape of /metrics, by its labels alone. */
function openSums(scrape: string): string[] {
  const samples = samplesOf(scrape);
  const sum = (pattern: RegExp): number =>
    [...samples].filter(([name]) => pattern.test(name)).reduce((total, [, value]) => total + value, 0);
  const stored = sum(/^wattline_messages_total\{verdict="stored"\}/);
  const sums = {
    received: [
      sum(/^wattline_messages_total\{verdict="received"\}/),
      sum(/^wattline_messages_total\{verdict="(?!received)/),
    ],
    held: [stored, sum(/^wattline_readings_(held|expired_total)/)],
    tiers: [stored, sum(/^wattline_tier_readings\{/)],
    sink: [
      stored,
      sum(/^wattline_sink_items_total\{sink="influx",items="readings"/) +
        sum(/^wattline_sink_pending\{sink="influx",items="readings"/),
    ],
    agents: [
      sum(/^wattline_agent_readings\{.*outcome="counted"/),
      sum(/^wattline_agent_readings\{.*outcome="(?!counted)/),
    ],
  };
  return Object.entries(sums).flatMap(([name, [one, other]]) =>
    one === other ? [] : [`${name}: ${one} and ${other}`],
  );
}

test.skipIf(!here)(
  'every answer closes under load, while the broker is killed, the store is cut off, and both come back',
  {
    timeout: 90_000,
  },
  async () => {
    const mosquitto = await startMosquitto({ lines: ['persistence true', 'autosave_interval 1'] });
    onTestFinished(() => mosquitto.remove());
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const site = await openBridgeSite(mosquitto.url);
    const gate = await openGate(influx.url);
    const sink = `{ name: influx, type: influxdb2, url: "${gate.url}", org: ${influx.org}, token: ${influx.token} }`;
    appendFileSync(join(site.folder, 'bridge.yml'), `sinks: [${sink}]\n`);
    await site.start();
    await site.until<StatusView>('/api/status', ({ broker }) => broker.connected);

    let looks = 0;
    let going = true;
    const open: string[] = [];
    const seen = new Set<string>();
    const watching = (async () => {
      while (going) {
        const status = await site.ask<StatusView>('/api/status');
        const scrape = await (await fetch(`http://127.0.0.1:${site.pagePort}/metrics`)).text();
        open.push(...checkAccounts(status), ...openSums(scrape));
        if (status.sinks[0]?.state === 'waiting') seen.add('store away');
        if (!status.broker.connected) seen.add('broker away');
        if (status.sinks[0] && status.sinks[0].readings.pending > 0) seen.add('pending');
        looks++;
        await wait(10);
      }
    })();

    const client = await mqtt.connectAsync(mosquitto.url, {
      clean: false,
      clientId: 'barn',
      reconnectPeriod: 50,
    });
    client.on('error', () => undefined);
    onTestFinished(() => client.endAsync(true));
    const nowMs = Date.now();
    const send = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 250) {
        const some = Array.from({ length: Math.min(250, to - at) }, (_, index) => at + index);
        await Promise.all(
          some.flatMap((sequence) => {
            const reading = writeReading(readingOf(sequence, nowMs - (readings - sequence) * 10));
            const twice = sequence % 10 === 0 ? [reading, reading] : [reading];
            const rubbish = sequence % 100 === 0 ? ['no JSON'] : [];
            return [...twice, ...rubbish].map((each) =>
              client.publishAsync(`victron/smartsolar/roof${sequence % 7}`, each, { qos: 1 }),
            );
          }),
        );
      }
    };
    await send(0, 2_000);
    gate.cut();
    await send(2_000, 4_000);
    await mosquitto.kill();
    await expect.poll(() => seen.has('broker away'), { timeout: 20_000 }).toBe(true);
    const sending = send(4_000, 5_000);
    await mosquitto.start();
    await sending;
    await expect.poll(() => seen.has('store away'), { timeout: 20_000 }).toBe(true);
    gate.mend();
    await site.until<StatusView>('/api/status', ({ broker }) => broker.connected);
    // A broker that was killed may have forgotten what it confirmed: everything again, which is harmless.
    await send(0, readings);
    const end = await site.until<StatusView>(
      '/api/status',
      ({ accounts, sinks }) => accounts.stored >= readings && sinks[0]?.readings.pending === 0,
    );
    going = false;
    await watching;
    expect(open).toEqual([]);
    expect(looks).toBeGreaterThan(10);
    expect([...seen].sort()).toEqual(['broker away', 'pending', 'store away']);
    expect(end.accounts).toMatchObject({ stored: readings, missing: [] });
    expect(end.accounts.duplicate).toBeGreaterThanOrEqual(readings / 10);
    expect(end.sinks[0]?.readings).toMatchObject({ delivered: readings, refused: 0, expired: 0 });
  },
);
