import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { hasPrograms } from '../../simulator/src/services/needs.ts';
import {
  createPublisher,
  doublingBackOff,
  type Publisher,
  type PublisherOptions,
} from '../src/publisher/publisher.ts';
import { ConnectionLost } from '../src/publisher/session.ts';
import { startAedes, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { startGate } from './delivery-rig.ts';

const confirmed = { is: 'confirmed' };
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function startPublisher(
  url: string,
  overrides: Partial<PublisherOptions> = {},
): { publisher: Publisher; said: string[] } {
  const said: string[] = [];
  const say = (text: string, cause?: unknown): void => {
    said.push(cause instanceof Error ? `${text}: ${cause.message}` : text);
  };
  const publisher = createPublisher({
    url,
    clientId: 'wattline-agent-barn',
    username: 'barn',
    version: 'auto',
    log: { error: say, warn: say, info: say, debug: () => {} },
    backOffMs: () => 20,
    ...overrides,
  });
  onTestFinished(publisher.close);
  return { publisher, said };
}

const connection = (publisher: Publisher): Promise<number> =>
  new Promise((resolve) => publisher.onConnect(resolve));
const disconnection = (publisher: Publisher): Promise<void> =>
  new Promise((resolve) => publisher.onDown(() => resolve()));

test('pauses double up to a minute, spread by a quarter', () => {
  const backOffMs = doublingBackOff(() => 0.5);
  expect([1, 2, 3, 9, 50].map(backOffMs)).toEqual([250, 500, 1000, 60_000, 60_000]);
  expect(doublingBackOff(() => 0)(1)).toBe(187.5);
});

test('a broker that nothing listens for is said once, with what to look at', async () => {
  const port = await freePort();
  const { publisher, said } = startPublisher(`mqtt://127.0.0.1:${port}`);
  await expect.poll(() => publisher.status().refusals).toBeGreaterThan(3);
  await expect(publisher.publish('a/b/c', '{}', { retain: false })).rejects.toBeInstanceOf(ConnectionLost);
  const problem = `The broker 127.0.0.1:${port} cannot be reached: nothing listens there; is the broker running, and are host and port right? (ECONNREFUSED).`;
  expect(said).toEqual([problem]);
  expect(publisher.status()).toMatchObject({ connected: false, problem });
});

test.each([
  [
    '',
    0,
    'it ended the connection before it let us in; see whether this is the right port, with or without TLS.',
  ],
  [
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    1,
    'what answers there speaks no MQTT; are host and port right? (Invalid header flag bits, must be 0x0 for puback packet).',
  ],
])('what is no broker and answers "%s" is told apart', async (answer, refusals, words) => {
  const server = createServer((socket) =>
    socket.on('error', () => {}).once('data', () => socket.end(answer)),
  ).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = `127.0.0.1:${portOf(server)}`;
  const { publisher, said } = startPublisher(`mqtt://${address}`, { backOffMs: () => 60_000 });
  await disconnection(publisher);
  await expect.poll(() => said).toEqual([`The broker ${address} cannot be reached: ${words}`]);
  expect(publisher.status().refusals).toBe(refusals);
});

test('closing ends an attempt to connect that nobody answers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { publisher } = startPublisher(`mqtt://127.0.0.1:${portOf(silent)}`);
  const [socket] = await once(silent, 'connection');
  await publisher.close();
  expect(publisher.status().connected).toBe(false);
  socket.destroy();
});

test('one that is closed at once never connects', async () => {
  const asked: unknown[] = [];
  const silent = createServer((socket) => asked.push(socket.destroy())).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { publisher, said } = startPublisher(`mqtt://127.0.0.1:${portOf(silent)}`);
  await publisher.close();
  expect({ asked, said }).toEqual({ asked: [], said: [] });
});

test('a broker that speaks only 3.1.1 is asked in 3.1.1, and it is said what that costs', async () => {
  const aedes = await startAedes();
  const { publisher, said } = startPublisher(aedes.url);
  await connection(publisher);
  expect(publisher.status()).toEqual({ connected: true, version: '3.1.1', refusals: 0 });
  expect(said[0]).toContain('speaks only MQTT 3.1.1');
  const observer = await subscribeAll(aedes, 4);
  expect(await publisher.publish('victron/battery/a', '{"x":1}', { retain: false })).toEqual(confirmed);
  await observer.until((arrivals) => arrivals.length === 1);
  const lost = disconnection(publisher);
  await aedes.kill();
  await lost;
  await aedes.start();
  await connection(publisher);
  expect(said.filter((text) => text.includes('speaks only'))).toHaveLength(1);
});

test('an agent that another of its name puts off says so', async () => {
  const takesOver = createServer((socket) => {
    socket.on('error', () => {});
    // CONNACK, then DISCONNECT "session taken over" of MQTT 5.
    socket.once('data', () => socket.end(Buffer.from('2003000000e0028e00', 'hex')));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void takesOver.close());
  await once(takesOver, 'listening');
  const { publisher, said } = startPublisher(`mqtt://127.0.0.1:${portOf(takesOver)}`, {
    backOffMs: () => 60_000,
  });
  await disconnection(publisher);
  expect(said.at(-1)).toContain('two agents of one name?');
});

describe.skipIf(!hasMosquitto(process.env))('with a real Mosquitto', () => {
  test('messages are confirmed and arrive in their order, many more at once than may be unconfirmed', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const { publisher, said } = startPublisher(broker.url);
    expect(await connection(publisher)).toBe(20);
    expect(said).toEqual(['Connected to the broker with MQTT 5']);
    const payloads = Array.from({ length: 300 }, (_, index) => `{"n":${index}}`);
    const results = await Promise.all(
      payloads.map((payload) => publisher.publish('victron/battery/a', payload, { retain: false })),
    );
    expect(results.every(({ is }) => is === 'confirmed')).toBe(true);
    await observer.until((arrivals) => arrivals.length === 300);
    expect(observer.arrivals.map(({ payload }) => payload)).toEqual(payloads);
  });

  test('no more is unconfirmed at a time than the broker wants', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const gate = await startGate(broker.port);
    const { publisher } = startPublisher(gate.url);
    await connection(publisher);
    gate.mute();
    for (let count = 0; count < 100; count += 1) {
      publisher.publish('victron/battery/a', `${count}`, { retain: false }).catch(() => {});
    }
    await observer.until((arrivals) => arrivals.length >= 20);
    await observer.publish('marker', '');
    await observer.until((arrivals) => arrivals.some(({ topic }) => topic === 'marker'));
    expect(observer.arrivals).toHaveLength(21);
  });

  test('an agent that stops says goodbye even to a broker that confirms nothing, so that its will is not published', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const gate = await startGate(broker.port);
    const will = { topic: 'wattline/agent/barn/state', payload: '{"state":"offline"}' };
    const { publisher } = startPublisher(gate.url, { will });
    await connection(publisher);
    gate.mute();
    const unconfirmed = publisher.publish('victron/battery/a', '', { retain: false });
    const isLost = expect(unconfirmed).rejects.toBeInstanceOf(ConnectionLost);
    await publisher.close();
    await isLost;
    await observer.publish('marker', '');
    await observer.until((arrivals) => arrivals.some(({ topic }) => topic === 'marker'));
    expect(observer.arrivals.map(({ topic }) => topic)).toEqual(['victron/battery/a', 'marker']);
  });

  test('a topic that the access list forbids is refused, another is not', async () => {
    const broker = await startTestMosquitto({ acl: 'user barn\ntopic write victron/#\n' });
    const { publisher } = startPublisher(broker.url);
    await connection(publisher);
    const forbidden = publisher.publish('jbd/battery/a', '{}', { retain: false });
    const allowed = publisher.publish('victron/battery/a', '{}', { retain: false });
    expect(await forbidden).toEqual({ is: 'refused', reason: 'Not authorized (0x87)' });
    expect(await allowed).toEqual(confirmed);
  });

  test('with 3.1.1 a forbidden topic is confirmed like any other', async () => {
    const broker = await startTestMosquitto({ acl: 'user barn\ntopic write victron/#\n' });
    const { publisher } = startPublisher(broker.url, { version: '3.1.1' });
    await connection(publisher);
    expect(await publisher.publish('jbd/battery/a', '{}', { retain: false })).toEqual(confirmed);
  });

  test('what was not confirmed when the broker dies is rejected, and the connection comes back with its subscriptions', async () => {
    const broker = await startTestMosquitto();
    const { publisher, said } = startPublisher(broker.url);
    const heard: string[] = [];
    publisher.subscribe('wattline/agent/barn/stay_awake', (payload) => heard.push(payload));
    await connection(publisher);
    const lost = disconnection(publisher);
    const flow = (async () => {
      for (let count = 0; ; count += 1) {
        try {
          await publisher.publish('a/b/c', `${count}`, { retain: false });
        } catch (error) {
          return error;
        }
        if (count === 50) void broker.kill();
      }
    })();
    expect(await flow).toBeInstanceOf(ConnectionLost);
    await lost;
    expect(publisher.status().connected).toBe(false);
    await broker.start();
    await connection(publisher);
    const other = await subscribeAll(broker);
    await other.publish('wattline/agent/barn/stay_awake', '{"until":5}', true);
    await expect.poll(() => heard).toEqual(['{"until":5}']);
    // While it is connected as well.
    publisher.subscribe('wattline/agent/barn/release', (payload) => heard.push(payload));
    await other.publish('wattline/agent/barn/release', '{"until":6}', true);
    await expect.poll(() => heard).toEqual(['{"until":5}', '{"until":6}']);
    expect(said.at(-1)).toMatch(/^Connected to the broker with MQTT 5 after \d+ times?$/);
  });

  test('the will speaks when the agent dies, and not when it says goodbye', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const will = { topic: 'wattline/agent/barn/state', payload: '{"state":"offline"}' };
    const leaving = startPublisher(broker.url, { will });
    await connection(leaving.publisher);
    void leaving.publisher.publish('a/b/c', '{}', { retain: false }).catch(() => {});
    await leaving.publisher.close();
    const agent = `
      const { createPublisher } = await import(${JSON.stringify(join(import.meta.dirname, '../src/publisher/publisher.ts'))});
      const say = () => {};
      createPublisher({ url: '${broker.url}', clientId: 'x', version: 'auto', will: ${JSON.stringify(will)},
        log: { error: say, warn: say, info: say, debug: say }, backOffMs: () => 20 })
        .onConnect(() => process.kill(process.pid, 'SIGKILL'));`;
    spawnSync(process.execPath, ['--input-type=module-typescript', '-e', agent]);
    await observer.until((arrivals) => arrivals.some(({ topic }) => topic === will.topic));
    expect(observer.arrivals.filter(({ topic }) => topic === will.topic)).toHaveLength(1);
  });

  test('a wrong password is explained and is never in the log', async () => {
    const directory = scratchFolder();
    const passwords = join(directory, 'passwords');
    spawnSync('mosquitto_passwd', ['-c', '-b', passwords, 'barn', 'right']);
    const broker = await startTestMosquitto({ lines: [`password_file ${passwords}`] });
    const { publisher, said } = startPublisher(broker.url, { password: 'secretly wrong' });
    await expect.poll(() => publisher.status().refusals).toBeGreaterThan(1);
    expect(said.join()).toContain(
      'refuses the agent: Connection refused: Not authorized; check mqtt.username and mqtt.password',
    );
    expect(said.join()).not.toContain('secretly');
    const right = startPublisher(broker.url.replace('//', '//barn:right@'), { clientId: 'other' });
    await connection(right.publisher);
  });

  test.skipIf(!hasPrograms({ openssl: 'openssl' }, process.env))(
    'TLS trusts the authority it is given and explains one it does not know',
    async () => {
      const directory = scratchFolder();
      const certificate = join(directory, 'cert.pem');
      const key = join(directory, 'key.pem');
      spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
      ]);
      const broker = await startTestMosquitto({ listener: [`certfile ${certificate}`, `keyfile ${key}`] });
      const url = `mqtts://localhost:${broker.port}`;
      const trusting = startPublisher(url, { ca: readFileSync(certificate, 'utf8') });
      await connection(trusting.publisher);
      expect(await trusting.publisher.publish('a/b/c', '{}', { retain: false })).toEqual(confirmed);
      const stranger = startPublisher(url, { clientId: 'stranger' });
      await expect.poll(() => stranger.publisher.status().problem).toContain('set mqtt.ca');
    },
  );
});
