// The packages as a person gets them: built, installed on this system as an overlay, run by what the units say, removed.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { manufacturerAdvertising } from '../../packages/simulator/src/radio/advertising-payload.ts';
import { type H4Server, serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../packages/simulator/src/radio/virtual-radio.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { hasAllNeeds, hasPrograms, missingPrograms } from '../../packages/simulator/src/services/needs.ts';
import { copyExternals } from '../package/externals.ts';
import { nodeArchitecture, products } from '../package/products.ts';
import { parseUnit } from './installed-unit.ts';
import {
  type Environment,
  type OverlayRoot,
  openOverlayRoot,
  overlayProblem,
  shown,
} from './overlay-root.ts';
import { openServiceManager } from './service-manager.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const names = ['wattline-agent', 'wattline-bridge'];
const scratch = mkdtempSync(join(tmpdir(), 'wattline-package-'));
// What the services are shown of it they may enter.
chmodSync(scratch, 0o755);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const epoch = '1790000000';
const buildMsMax = 180_000;

function build(out: string): string[] {
  const options = ['--quick', '--arch', architecture, '--format', 'deb', '--out', out];
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/package/main.ts'), ...options],
    {
      encoding: 'utf8',
      // NODE_ENV of the test runner would build another page.
      env: { ...process.env, SOURCE_DATE_EPOCH: epoch, NODE_ENV: undefined, VITEST: undefined },
    },
  );
  if (status !== 0) throw new Error(stderr);
  return names.map((name) => join(out, `${name}_${version}_${architecture}.deb`));
}

const builds = { 'dpkg-deb': 'dpkg', xz: 'xz-utils' };
const debs = join(scratch, 'first');
beforeAll(() => {
  if (missingPrograms(builds) === undefined) build(debs);
}, buildMsMax);

test.each(['amd64', 'arm64'] as const)('what is shipped for %s runs there, and has no sources', (target) => {
  const app = join(scratch, target);
  for (const product of products) copyExternals(root, product, app, target);
  const files = readdirSync(app, { recursive: true, encoding: 'utf8' });
  const binary = files.filter((file) => file.endsWith('.node'));
  // Two of them are the ways of the HID library to a device.
  expect(binary).toHaveLength(5);
  expect(
    binary.filter((file) => !file.includes(`linux-${nodeArchitecture[target]}/`) || file.includes('musl')),
  ).toEqual([]);
  expect(files.filter((file) => /\.(ts|cc?|h|gyp|map)$|\/tests?(\/|$)/.test(file))).toEqual([]);
});

describe.skipIf(!hasPrograms(builds, process.env))('the packages', () => {
  test('are the same bytes when built again', { timeout: buildMsMax }, () => {
    const again = build(join(scratch, 'again'));
    for (const deb of again) {
      expect(readFileSync(deb).equals(readFileSync(deb.replace('again', 'first'))), deb).toBe(true);
      rmSync(deb);
    }
  });

  const hasLintian = hasPrograms({ lintian: 'lintian' }, process.env);
  test.skipIf(!hasLintian)('are without reproach to lintian', { timeout: 300_000 }, () => {
    const paths = readdirSync(debs).map((file) => join(debs, file));
    const { status, stdout, stderr } = spawnSync('lintian', ['--allow-root', ...paths], { encoding: 'utf8' });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});

const missing =
  missingPrograms({ ...builds, setpriv: 'util-linux', perl: 'perl-base', 'systemd-sysusers': 'systemd' }) ??
  (await overlayProblem());

/** A solar charger, and the radio in which it is heard. */
const charger = { address: 'FA:AC:27:00:00:01', key: 'adeccb947395801a4dd45a2eaa44bf17' };
const advertisement = '100242a0016207adceb37b605d7e0ee21b24df5c';

const agentConfiguration = (brokerPort: number, radioPort: number): string => `
agent: barn
mqtt: { host: 127.0.0.1, port: ${brokerPort} }
bluetooth: { adapter: "tcp:127.0.0.1:${radioPort}" }
devices:
  - { name: air, definition: victron-ble, address: "${charger.address}", key: ${charger.key}, interval: 1s }
`;

describe.skipIf(!hasAllNeeds(missing, process.env))('installed', () => {
  let system: OverlayRoot;
  let radio: H4Server;
  let brokerPort = 0;
  let pagePort = 0;

  beforeAll(async () => {
    system = await openOverlayRoot(scratch);
    const air = createVirtualRadio();
    const advertising = () => manufacturerAdvertising(0x02e1, Buffer.from(advertisement, 'hex'));
    air.add(
      createPeripheral({ address: charger.address, addressType: 'random', intervalMs: 50, advertising }),
    );
    radio = await serveH4(air);
    brokerPort = await freePort();
    pagePort = await freePort();
  }, buildMsMax);
  afterAll(async () => {
    await radio?.close();
    await system?.close();
  });

  const succeed = async (...command: string[]): Promise<string> => {
    const { status, stdout, stderr } = await system.run(command);
    expect(`${status} ${stderr}`, command.join(' ')).toMatch(/^0 /);
    return stdout;
  };
  /** Ready to be started. */
  const prepared = async (name: string) => {
    const unit = parseUnit(await succeed('cat', `/usr/lib/systemd/system/${name}`));
    for (const preparation of unit.preparations) await system.run(preparation);
    return unit;
  };
  const write = async (path: string, text: string): Promise<void> => {
    writeFileSync(join(scratch, 'written'), text);
    await succeed('install', '--mode=0640', '--group=wattline', `${shown}/written`, path);
  };
  const packageFiles = names.map((name) => `${shown}/first/${name}_${version}_${architecture}.deb`);

  /** Started as its unit says, waited for as systemd waits; ends with the test. */
  async function startService(name: string, more: Environment = {}): Promise<() => Promise<number | null>> {
    const { command, environment } = await prepared(name);
    const socket = `notify-${randomUUID()}`;
    const manager = await openServiceManager(join(scratch, socket));
    const notify = { NOTIFY_SOCKET: `${shown}/${socket}`, WATCHDOG_USEC: '60000000' };
    const service = system.start(command, { ...environment, ...notify, ...more });
    onTestFinished(async () => {
      service.kill('SIGKILL');
      await service.ended;
      await manager.close();
    });
    let said = '';
    service.said.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await Promise.race([manager.ready, service.ended]);
    expect(manager.told, said).toContain('READY=1');
    return async () => {
      service.kill('SIGTERM');
      const code = await service.ended;
      expect(manager.told).toContain('STOPPING=1');
      return code;
    };
  }
  const startBridge = () =>
    startService('wattline-bridge.service', {
      WATTLINE_BROKER__LISTEN: `127.0.0.1:${brokerPort}`,
      WATTLINE_WEB__LISTEN: `127.0.0.1:${pagePort}`,
    });
  const get = async <Answer>(path: string): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${pagePort}${path}`);
    expect(response.status, path).toBe(200);
    return JSON.parse(await response.text());
  };

  test('with one command, without a word of complaint', async () => {
    const { status, stderr } = await system.run(['dpkg', '--install', ...packageFiles]);
    expect(status, stderr).toBe(0);
    for (const name of names) expect((await succeed(name, '--version')).trim()).toBe(version);
    for (const name of names) {
      expect((await succeed('systemctl', 'is-enabled', `${name}.service`)).trim()).toBe('enabled');
    }
  });

  test('the configuration that is shipped as an example is taken', async () => {
    const examples = '/usr/share/doc/wattline-agent/examples';
    await succeed('cp', `${examples}/agent-one-charger-cron.yml`, '/etc/wattline/agent.yml');
    await succeed(
      'install',
      '--mode=0640',
      '--group=wattline',
      `${examples}/secrets.example.yml`,
      '/etc/wattline/secrets.yml',
    );
    expect(await succeed('wattline-agent', 'check', '--offline')).toMatch(/^ok /);
  });

  test('the bridge serves as its unit starts it, and stops when told', async () => {
    const stopBridge = await startBridge();
    expect((await fetch(`http://127.0.0.1:${pagePort}/healthz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${pagePort}/`)).text()).toContain('<!doctype html>');
    expect(await stopBridge()).toBe(0);
    await succeed('test', '-s', '/var/lib/wattline/bridge.db');
  });

  test('rounds, also one by hand, keep what no broker takes, and deliver it when one is there', async () => {
    await write('/etc/wattline/agent.yml', agentConfiguration(brokerPort, radio.port));
    expect(await system.run(['wattline-agent', 'once'])).toMatchObject({ status: 4 });
    const { command, environment, successStatuses } = await prepared('wattline-once.service');
    const kept = await system.run(command, environment);
    expect(kept.status, kept.stderr).toBe(4);
    expect(successStatuses).toContain(4);
    const stopBridge = await startBridge();
    expect(await system.run(command, environment)).toMatchObject({ status: 0 });
    const stored = await fetch(`http://127.0.0.1:${pagePort}/api/export?device=air&tier=raw&format=jsonl`);
    expect((await stored.text()).trim().split('\n')).toHaveLength(3);
    expect(await stopBridge()).toBe(0);
  });

  test('the agent reads all the time as its unit starts it, with a process for the radio', async () => {
    const stopBridge = await startBridge();
    const startMs = Date.now();
    const stopAgent = await startService('wattline-agent.service');
    const isRead = async (): Promise<boolean> => {
      const { devices } = await get<{ devices: { name: string; time: number }[] }>('/api/devices');
      return devices.some((device) => device.name === 'air' && device.time > startMs);
    };
    for (let tries = 0; tries < 200 && !(await isRead()); tries++) await wait(50);
    expect(await isRead()).toBe(true);
    expect(await stopAgent()).toBe(0);
    expect(await stopBridge()).toBe(0);
  });

  test('what is in reach is found, with the libraries that were shipped', async () => {
    const [line = ''] = (await succeed('wattline-agent', 'scan', '--for', '1s', '--json')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ address: charger.address, configured: 'air' });
  });

  test('the native parts load', async () => {
    // Nobody is there, which the native part has to find out.
    await succeed('mkdir', '--parents', '/sys/class/bluetooth/hci99');
    const radioThere = agentConfiguration(1, 1).replace(/tcp:[^"]+/, 'hci99');
    await write(
      '/root/agent.yml',
      `${radioThere}  - { name: shunt, definition: vedirect-text, port: /dev/none }\n`,
    );
    const round = ['wattline-agent', '--config', '/root/agent.yml', 'once', '--deadline', '1s'];
    const { stderr } = await system.run(round);
    expect(stderr).toMatch(/air: .*(kernel offers no Bluetooth|no Bluetooth adapter hci99)/);
    expect(stderr).toMatch(/shunt: there is no serial port \/dev\/none/);
    await succeed('rm', '/root/agent.yml');
  });

  test('an upgrade leaves off what the person switched off, and keeps the configuration', async () => {
    await succeed('systemctl', 'disable', 'wattline-agent.service');
    await succeed('systemctl', 'enable', 'wattline-once.timer');
    await succeed('dpkg', '--install', ...packageFiles);
    const agent = await system.run(['systemctl', 'is-enabled', 'wattline-agent.service']);
    expect(agent.stdout.trim()).toBe('disabled');
    expect((await succeed('systemctl', 'is-enabled', 'wattline-once.timer')).trim()).toBe('enabled');
    expect(await succeed('cat', '/etc/wattline/agent.yml')).toContain('agent: barn');
  });

  test('a removal takes the programs and leaves configuration and readings', async () => {
    await succeed('dpkg', '--remove', ...names);
    const left = system.changed();
    expect(left.filter((path) => path.startsWith('/usr/'))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining(['/etc/wattline/agent.yml', '/var/lib/wattline/bridge.db']));
  });

  test('a purge of one program leaves what is the other’s or of both', async () => {
    await succeed('dpkg', '--purge', 'wattline-agent');
    const left = system.changed();
    expect(left).not.toContain('/etc/wattline/agent.yml');
    expect(left).toEqual(
      expect.arrayContaining(['/etc/wattline/secrets.yml', '/var/lib/wattline/bridge.db']),
    );
  });

  test('a purge of both leaves nothing', async () => {
    await succeed('dpkg', '--purge', 'wattline-bridge');
    // The system's own accounts of what happened, and the user, who may own files elsewhere.
    const accounts =
      /^\/var\/(lib\/dpkg|log)\/|^\/etc\/(passwd|shadow|group|gshadow)-?$|^\/etc\/\.pwd\.lock$|^\/root\/\.cache\//;
    expect(system.changed().filter((path) => !accounts.test(path))).toEqual([]);
  });
});
