// `user add|remove|list`, beside a bridge that runs and without one, and what listening beyond this machine needs.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type IClientOptions } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { openBridgeSite, publish, readingOf, roof } from './service-rig.ts';

const connect = async (options: IClientOptions) => {
  const client = await mqtt.connectAsync({ protocolVersion: 4, reconnectPeriod: 0, ...options });
  client.on('error', () => undefined);
  onTestFinished(() => client.endAsync(true));
  return client;
};

test('an agent is added beside the running bridge, works with the block as printed, and is gone when removed', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  const bridge = await site.start();
  const added = await site.bridge(['user', 'add', 'barn', '--agent']).ended;
  expect(added).toMatchObject({ code: 0 });
  const [head, mqttHead, ...lines] = added.stdout.trimEnd().split('\n');
  expect([head, mqttHead]).toEqual(['agent: "barn"', 'mqtt:']);
  const { host, port, username, password } = Object.fromEntries(
    lines.map((line) => {
      const [, key, value = ''] = /^ {2}(\w+): (.*)$/.exec(line) ?? [];
      return [key, JSON.parse(value)];
    }),
  );
  expect({ host, port, username }).toEqual({ host: '127.0.0.1', port: site.brokerPort, username: 'barn' });
  const client = await connect({ host, port, username, password });
  await publish(client, roof, [readingOf(0, Date.now())]);
  await expect(connect({ host, port, username, password: 'another' })).rejects.toThrow(/Bad username/);
  const file = readFileSync(join(site.folder, 'store', 'users.json'), 'utf8');
  expect(file).not.toContain(password);
  const listed = await site.bridge(['user', 'list', '--json']).ended;
  expect(JSON.parse(listed.stdout)).toEqual({ name: 'barn', role: 'agent', added: expect.any(Number) });
  const again = await site.bridge(['user', 'add', 'barn', '--agent']).ended;
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toMatch(/there is a user barn already/);
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
  expect(await site.bridge(['user', 'remove', 'barn']).ended).toMatchObject({ code: 0, stdout: '' });
  await ended;
  await expect(connect({ host, port, username, password })).rejects.toThrow(/Bad username/);
  const stopped = await bridge.stop();
  for (const text of [added.stderr, listed.stdout, stopped.stderr]) expect(text).not.toContain(password);
});

test('a password comes from a pipe, never from the command line', { timeout: 60_000 }, async () => {
  const site = await openBridgeSite();
  const added = await site.bridge(['user', 'add', 'owner', '--admin', '--password'], {
    input: 'correct horse\n',
  }).ended;
  expect(added).toMatchObject({ code: 0, stdout: '' });
  expect(added.stderr).not.toContain('correct horse');
  for (const [words, says] of [
    [['user', 'add', 'owner', '--admin', '--password', 'secret'], /too many arguments/],
    [['user', 'add', 'guest'], /say one of --agent, --publisher, --viewer, --admin/],
    [['user', 'add', 'guest', '--agent', '--admin'], /say one of/],
    [['user', 'add', 'a b', '--agent'], /1 to 64 of A-Z/],
    [['user', 'remove', 'guest'], /there is no user guest; there are owner/],
    [['user'], /say user add NAME/],
  ] as const) {
    const refused = await site.bridge(words).ended;
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(says);
  }
  const short = await site.bridge(['user', 'add', 'guest', '--viewer', '--password'], { input: 'short\n' })
    .ended;
  expect(short).toMatchObject({ code: 2, stdout: '' });
  expect(short.stderr).toMatch(/8 to 256 characters/);
});

test('listening beyond this machine needs users, and then everybody needs one', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  const file = join(site.folder, 'bridge.yml');
  const open = readFileSync(file, 'utf8').replaceAll('"127.0.0.1:', '"0.0.0.0:');
  writeFileSync(file, open);
  const refused = await site.bridge(['run']).ended;
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/broker\.listen: other machines .* no user .* user add NAME --agent/);
  expect(refused.stderr).toMatch(/web\.listen: other machines .* user add NAME --viewer/);
  const checked = await site.bridge(['check']).ended;
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/FAULT users: broker\.listen/);
  writeFileSync(file, open.replace(/web: .*/, `web: { listen: "127.0.0.1:${site.pagePort}" }`));
  const owner = await site.bridge(['user', 'add', 'owner', '--admin']).ended;
  await site.start();
  const where = { host: '127.0.0.1', port: site.brokerPort };
  await expect(connect(where)).rejects.toThrow(/Not authorized/);
  const client = await connect({ ...where, username: 'owner', password: owner.stdout.trim() });
  await publish(client, roof, [readingOf(0, Date.now())]);
  expect((await site.bridge(['check']).ended).stdout).toMatch(
    /ok {4}users: 0 agent, 0 publisher, 0 viewer, 1 admin/,
  );
});

test('who says allow_anonymous lets everybody in', { timeout: 60_000 }, async () => {
  const site = await openBridgeSite();
  const file = join(site.folder, 'bridge.yml');
  const open = readFileSync(file, 'utf8').replaceAll('"127.0.0.1:', '"0.0.0.0:');
  writeFileSync(file, `${open}allow_anonymous: true\n`);
  await site.start();
  const client = await connect({ host: '127.0.0.1', port: site.brokerPort });
  await publish(client, roof, [readingOf(0, Date.now())]);
});
