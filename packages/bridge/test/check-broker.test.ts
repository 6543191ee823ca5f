import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openBridgeSite } from './service-rig.ts';

test.each([
  [
    'hangs up',
    '',
    'it ended the connection before it let us in; see whether this is the right port, with or without TLS',
  ],
  [
    'is a web server',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    'what answers there speaks no MQTT; are host and port right? (',
  ],
])('check says of a broker that %s what to look at', async (_, answer, words) => {
  const server = createServer((socket) =>
    socket.on('error', () => {}).once('data', () => socket.end(answer)),
  );
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const site = await openBridgeSite(`mqtt://${address}`);
  const { code, stdout } = await site.bridge(['check']).ended;
  expect(stdout).toContain(`FAULT broker: ${address}: ${words}`);
  expect(code).toBe(1);
});
