// The whole bridge behind TLS: broker, page, the commands beside it, and a certificate that is renewed under way.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { connect as connectTls, createServer } from 'node:tls';
import mqtt from 'mqtt';
import { generate } from 'mqtt-packet';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasPrograms } from '../../simulator/src/services/needs.ts';
import { startFromSource } from '../../simulator/src/services/program.ts';
import { openCertificate } from '../src/certificate.ts';
import { publish, readingOf, roof } from './service-rig.ts';

const hasOpenssl = hasPrograms({ openssl: 'openssl' }, process.env);

/** A certificate that vouches for itself, for this machine. */
function certify(folder: string): { cert: string; key: string } {
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  if (status !== 0) throw new Error(String(stderr));
  return { cert, key };
}

const ask = (url: string, ca: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { ca }, (answer) => resolve(json(answer)));
    asked.on('error', reject);
    asked.end();
  });

/** What a broker sends to a client that speaks MQTT in clear: all of it, until it closes. */
const answerInClear = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write(generate({ cmd: 'connect', clientId: 'clear', protocolVersion: 4, clean: true })),
    );
    socket.on('data', (bytes) => {
      // TLS alerts begin with 21; a CONNACK would begin with 32.
      if (bytes[0] !== 21) answer += bytes.toString('hex');
    });
    // A reset is an end as well.
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });

test.skipIf(!hasOpenssl)(
  'broker, page and commands speak TLS, and nothing else',
  { timeout: 60_000 },
  async () => {
    const folder = scratchFolder();
    const { cert, key } = certify(folder);
    const [brokerPort, pagePort] = [await freePort(), await freePort()];
    const tls = `tls: { cert: "${cert}", key: "${key}" }`;
    const text = [
      `broker: { listen: "127.0.0.1:${brokerPort}", ${tls} }`,
      'store: { path: store }',
      `web: { listen: "127.0.0.1:${pagePort}", ${tls} }`,
    ];
    writeFileSync(join(folder, 'bridge.yml'), text.join('\n'));
    const bridge = startFromSource('bridge', ['run'], { folder });
    onTestFinished(async () => void (await bridge.stop('SIGKILL')));
    await bridge.untilSaid(/INFO {2}page https:\/\//);

    const ca = readFileSync(cert, 'utf8');
    const client = await mqtt.connectAsync(`mqtts://localhost:${brokerPort}`, { ca, protocolVersion: 4 });
    onTestFinished(() => client.endAsync(true));
    await publish(client, roof, [readingOf(0, Date.now())]);
    await expect
      .poll(() => ask(`https://localhost:${pagePort}/api/devices`, ca))
      .toMatchObject({ devices: [{ name: 'roof' }] });

    const status = await startFromSource('bridge', ['status', '--json'], { folder }).ended;
    expect(status).toMatchObject({ code: 0 });
    expect(JSON.parse(status.stdout)).toMatchObject({ accounts: { received: 1, stored: 1 } });

    expect(await answerInClear(brokerPort)).toBe('');
    await expect(fetch(`http://127.0.0.1:${pagePort}/api/devices`)).rejects.toThrow();
    await expect(ask(`https://localhost:${pagePort}/api/devices`, '')).rejects.toThrow(/certificate/);
    const oldest = await new Promise<string>((resolve) => {
      const socket = connectTls({ port: pagePort, ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
      socket.on('secureConnect', () => resolve('connected'));
      socket.on('error', ({ message }) => resolve(message));
    });
    expect(oldest).toMatch(/protocol version|no protocols available|alert/);
  },
);

test.skipIf(!hasOpenssl)('a certificate and a key that do not fit are refused in words', async () => {
  const folder = scratchFolder();
  const { cert, key } = certify(folder);
  const certificate = openCertificate('web.tls', { certFile: cert, keyFile: key }, () => undefined);
  onTestFinished(() => certificate.close());
  const { key: first } = certificate.read();
  const others = certify(scratchFolder());
  writeFileSync(cert, readFileSync(others.cert));
  expect(() => certificate.read()).toThrow(
    /^web\.tls: .*cert\.pem with .*key\.pem cannot be used: .*mismatch/,
  );
  writeFileSync(key, readFileSync(others.key));
  expect(certificate.read().key).not.toBe(first);
});

test.skipIf(!hasOpenssl)(
  'check finds certificates that cannot be used, and a broker whose certificate nobody vouches for',
  { timeout: 30_000 },
  async () => {
    const folder = scratchFolder();
    const { cert, key } = certify(folder);
    const port = await freePort();
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(
      port,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    const check = async (lines: readonly string[]) => {
      writeFileSync(join(folder, 'bridge.yml'), ['store: { path: store }', ...lines].join('\n'));
      return startFromSource('bridge', ['check'], { folder }).ended;
    };
    const own = await check([
      `broker: { listen: "127.0.0.1:${await freePort()}", tls: { cert: "${cert}", key: "${cert}" } }`,
      `web: { listen: "127.0.0.1:${await freePort()}", tls: { cert: nowhere.pem, key: "${key}" } }`,
    ]);
    expect(own.code).toBe(1);
    expect(own.stdout).toMatch(/^FAULT broker: broker\.tls: .* cannot be used: /m);
    expect(own.stdout).toMatch(/^FAULT page: web\.tls: .*nowhere\.pem with .* cannot be used: ENOENT/m);
    const foreign = await check([`broker: { url: "mqtts://127.0.0.1:${port}" }`]);
    expect(foreign.stdout).toMatch(/^FAULT broker: .*nobody known here; set broker\.ca to its authority/m);
  },
);
