// Every secret of a configuration, looked for in all that the program lets out: its log at its most talkative, its
// answers, its report, what `check` prints.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { startFromSource } from '../../simulator/src/services/program.ts';
import { publish, publisher, readingOf, roof } from './service-rig.ts';

const secrets = {
  token: 'tok-5d1f3c9a7b',
  password: 'pass-8e2a64',
  webhook: 'hook-3f90c2',
  fileToken: 'file-77ab01',
  oldPassword: 'env-19cd45',
};

const paths = [
  '/api/status',
  '/api/site',
  '/api/devices',
  '/api/agents',
  '/api/alarms',
  '/metrics',
  '/readyz',
  '/',
];

test('no secret comes out anywhere', { timeout: 90_000 }, async () => {
  const folder = scratchFolder();
  const [brokerPort, pagePort, closedPort] = [await freePort(), await freePort(), await freePort()];
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  file('secrets.yml', `token: ${secrets.token}\nold: ${secrets.password}\n`);
  file('token', `${secrets.fileToken}\n`);
  file(
    'bridge.yml',
    `
broker: { listen: "127.0.0.1:${brokerPort}" }
store: { path: store }
web: { listen: "127.0.0.1:${pagePort}" }
alerts: { webhook: "http://127.0.0.1:${closedPort}/${secrets.webhook}?key=${secrets.webhook}", hold: 1s }
sinks:
  - { name: two, type: influxdb2, url: "http://127.0.0.1:${closedPort}", org: home, bucket: a, token: secret:token }
  - { name: file, type: influxdb2, url: "http://127.0.0.1:${closedPort}", org: home, bucket: b, token_file: token }
  - { name: one, type: influxdb1, url: "http://127.0.0.1:${closedPort}", database: c, username: u, password: secret:old }
  - { name: env, type: influxdb1, url: "http://127.0.0.1:${closedPort}", database: d, username: u, password: "\${OLD}" }
`,
  );
  const run = (words: readonly string[]) =>
    startFromSource('bridge', ['--debug', ...words], { folder, environment: { OLD: secrets.oldPassword } });
  const bridge = run(['run']);
  onTestFinished(async () => void (await bridge.stop('SIGKILL')));
  await bridge.untilSaid(/INFO {2}page http:\/\//);
  const client = await publisher(`mqtt://127.0.0.1:${brokerPort}`);
  await publish(client, roof, [readingOf(0, Date.now())]);
  // Each sink has tried, and said that it cannot.
  for (const name of ['two', 'file', 'one', 'env'])
    await bridge.untilSaid(new RegExp(`Sink ${name}, readings`));

  const answers = await Promise.all(
    paths.map(async (path) => (await fetch(`http://127.0.0.1:${pagePort}${path}`)).text()),
  );
  const check = await run(['check']).ended;
  const report = await run(['report', '--out', join(folder, 'report.txt')]).ended;
  expect(report).toMatchObject({ code: 0 });
  const status = await run(['status', '--json']).ended;
  const { stdout, stderr } = await bridge.stop();
  const everything = [
    ...answers,
    ...[check, report, status].flatMap((ending) => [ending.stdout, ending.stderr]),
    readFileSync(join(folder, 'report.txt'), 'latin1'),
    ...[stdout, stderr],
  ].join('\n');
  for (const secret of Object.values(secrets)) expect(everything).not.toContain(secret);
  // The places where they stand were reached.
  expect(everything).toContain('webhook');
  expect(everything).toContain('(secret)');
});
