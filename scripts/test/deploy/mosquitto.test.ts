// The Mosquitto of a data server: Debian's main file with ours beside it, and the users of the example.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultTopics } from '../../../packages/bridge/src/ingest/topics.ts';
import { freePort } from '../../../packages/simulator/src/services/free-port.ts';
import { mosquittoProcess } from '../../../packages/simulator/src/services/mosquitto.ts';
import { hasAllNeeds, missingPrograms } from '../../../packages/simulator/src/services/needs.ts';
import { type Client, connectClient } from './mqtt-client.ts';

const deploy = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'deploy/mosquitto');
const debianFile = '/etc/mosquitto/mosquitto.conf';
const missing =
  missingPrograms({ mosquitto: 'mosquitto', mosquitto_passwd: 'mosquitto' }) ??
  (existsSync(debianFile) ? undefined : `install the Debian package mosquitto: there is no ${debianFile}`);
const notAuthorised = 0x87;
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

describe.skipIf(!hasAllNeeds(missing, process.env))('a Mosquitto as configured', () => {
  let root = '';
  let port = 0;
  let broker: ReturnType<typeof mosquittoProcess>;

  /** Every path of a file below `root`; our listener on a port that is free. */
  const moved = (file: string): string =>
    readFileSync(file, 'utf8')
      .replace(/ (\/(etc|var|run)\/)/g, ` ${root}$1`)
      .replace(/^listener 1883$/m, `listener ${port} 127.0.0.1`)
      .replace(/^log_dest .*$/m, 'log_dest stderr');

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'wattline-mosquitto-'));
    port = await freePort();
    broker = mosquittoProcess(join(root, 'mosquitto.conf'));
    const passwords = join(root, 'etc/mosquitto/wattline.passwd');
    for (const folder of ['etc/mosquitto/conf.d', 'var/lib/mosquitto', 'run/mosquitto']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    writeFileSync(join(root, 'mosquitto.conf'), `${moved(debianFile)}\nuser root\n`);
    writeFileSync(join(root, 'etc/mosquitto/conf.d/wattline.conf'), moved(join(deploy, 'wattline.conf')));
    const list = moved(join(deploy, 'wattline.acl'));
    writeFileSync(join(root, 'etc/mosquitto/wattline.acl'), `${list}\nuser any\ntopic write #\n`);
    for (const user of ['bridge', 'barn', 'any']) {
      const create = existsSync(passwords) ? [] : ['-c'];
      spawnSync('mosquitto_passwd', ['-b', ...create, passwords, user, `word of ${user}`], {
        env: environment,
      });
    }
    await broker.start();
  });
  afterAll(async () => {
    await broker.end('SIGTERM');
    rmSync(root, { recursive: true });
  });

  const login = (username: string, password = `word of ${username}`): Promise<Client> =>
    connectClient({ port, username, password, clientId: username });

  test('lets nobody in without the right password', async () => {
    await expect(login('barn', 'a guess')).rejects.toThrow('0x87');
    await expect(login('nobody')).rejects.toThrow('0x87');
  });

  test('an agent may publish its own devices and state, and is told when it may not', async () => {
    const agent = await login('barn');
    expect(await agent.publish('victron/smartsolar/roof', '{}')).toBeLessThan(0x80);
    expect(await agent.publish('wattline/agent/barn/state', '{}')).toBeLessThan(0x80);
    expect(await agent.publish('victron/smartsolar/other', '{}')).toBe(notAuthorised);
    expect(await agent.publish('wattline/agent/shed/state', '{}')).toBe(notAuthorised);
    await agent.close();
  });

  test('the bridge reads every device, publishes none, and may keep an agent awake', async () => {
    const bridge = await login('bridge');
    await bridge.subscribe('victron/+/+');
    const agent = await login('barn');
    await agent.publish('victron/smartshunt/bank', '{"battery_voltage":13.1}');
    expect(await bridge.message()).toEqual({
      topic: 'victron/smartshunt/bank',
      payload: '{"battery_voltage":13.1}',
    });
    expect(await bridge.publish('victron/smartshunt/bank', '{}')).toBe(notAuthorised);
    expect(await bridge.publish('wattline/agent/barn/stay_awake', '{}')).toBeLessThan(0x80);
    await Promise.all([bridge.close(), agent.close()]);
  });

  test('nothing that the bridge asks for is kept from it, and it may publish alerts', async () => {
    const bridge = await login('bridge');
    const any = await login('any');
    for (const filter of defaultTopics) await bridge.subscribe(filter);
    for (const filter of defaultTopics) {
      // Deeper than the filters beside it: two that match would deliver it twice.
      const topic = filter.replaceAll('+', 'x').replace('#', 'x/y');
      await any.publish(topic, '{}');
      expect(await bridge.message()).toEqual({ topic, payload: '{}' });
    }
    expect(await bridge.publish('wattline/bridge/alerts/roof/lost', '{}')).toBeLessThan(0x80);
    await Promise.all([bridge.close(), any.close()]);
  });

  test('what waits for the bridge survives a restart of the broker', async () => {
    const agent = await login('barn');
    await agent.publish('victron/smartsolar/roof', 'kept');
    await agent.close();
    await broker.end('SIGTERM');
    await broker.start();
    const bridge = await login('bridge');
    expect(await bridge.message()).toEqual({ topic: 'victron/smartsolar/roof', payload: 'kept' });
    await bridge.close();
  });
});
