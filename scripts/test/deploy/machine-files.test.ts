// What prepares a machine: the user, its folders, the rules for its devices, the lines for cron.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasAllNeeds, missingPrograms } from '../../../packages/simulator/src/services/needs.ts';
import { openOverlayRoot, overlayProblem, shown } from '../overlay-root.ts';

const deploy = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'deploy');
const read = (file: string): string => readFileSync(join(deploy, file), 'utf8');
const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const asRoot =
  process.getuid?.() === 0 ? undefined : 'run the tests as root: files are given to another user';
const systemd = missingPrograms({ 'systemd-sysusers': 'systemd', 'systemd-tmpfiles': 'systemd' });

describe.skipIf(!hasAllNeeds(systemd ?? asRoot, process.env))('user and folders', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'wattline-machine-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const make = (tool: string, ...parameters: string[]): void => {
    const { status, stderr } = spawnSync(tool, [`--root=${root}`, ...parameters], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  /** Name → its fields in a file of /etc. */
  const etc = (file: string): Map<string, string[]> =>
    new Map(
      linesOf(readFileSync(join(root, 'etc', file), 'utf8')).map((line) => [
        line.split(':')[0] ?? '',
        line.split(':'),
      ]),
    );

  test('a user without a shell, in the group that owns serial ports', () => {
    mkdirSync(join(root, 'etc'));
    make('systemd-sysusers', join(deploy, 'sysusers/wattline.conf'));
    expect(etc('passwd').get('wattline')).toMatchObject({ 5: '/var/lib/wattline', 6: '/usr/sbin/nologin' });
    expect(etc('group').get('dialout')?.[3]).toBe('wattline');
  });

  test('configuration is written by root and read by the service, state is the service’s', () => {
    mkdirSync(join(root, 'etc/wattline'));
    writeFileSync(join(root, 'etc/wattline/agent.yml'), '', { mode: 0o644 });
    make('systemd-tmpfiles', '--create', join(deploy, 'tmpfiles/wattline.conf'));
    const [, , user, group] = etc('passwd').get('wattline')?.map(Number) ?? [];
    const about = (path: string) => {
      const { mode, uid, gid } = statSync(join(root, path));
      return { mode: (mode & 0o777).toString(8), uid, gid };
    };
    expect(about('etc/wattline')).toEqual({ mode: '750', uid: 0, gid: group });
    expect(about('etc/wattline/agent.yml')).toEqual({ mode: '640', uid: 0, gid: group });
    expect(about('var/lib/wattline')).toEqual({ mode: '750', uid: user, gid: group });
  });
});

const udev = missingPrograms({ udevadm: 'udev' }) ?? (await overlayProblem());

describe('rules for devices', () => {
  test('come before the one that grants access to the seat', () => {
    for (const file of readdirSync(join(deploy, 'udev'))) expect(Number.parseInt(file, 10)).toBeLessThan(73);
  });

  test('name no id in capitals, which never matches, and open no device to everybody', () => {
    for (const file of readdirSync(join(deploy, 'udev'))) {
      const text = linesOf(read(`udev/${file}`)).join('\n');
      expect(text).not.toMatch(/ATTRS\{id(Vendor|Product)\}=="[^"]*[A-F]/);
      expect(text).not.toMatch(/MODE="0?..[1-7]"/);
    }
  });

  test.skipIf(!hasAllNeeds(udev, process.env))('are understood by udev, every line of them', async () => {
    const system = await openOverlayRoot(join(deploy, 'udev'));
    try {
      await system.run(['mount', '-t', 'sysfs', 'sysfs', '/sys']);
      await system.run(['cp', '--recursive', `${shown}/.`, '/etc/udev/rules.d']);
      // udevadm verify is not in Debian 12; reading all rules for any device says the same.
      const { stderr } = await system.run(['udevadm', 'test', '/sys/class/mem/null']);
      const about = stderr.split('\n').filter((line) => line.includes('wattline'));
      expect(about).toEqual(
        readdirSync(join(deploy, 'udev')).map((file) => `Reading rules file: /etc/udev/rules.d/${file}`),
      );
    } finally {
      await system.close();
    }
  });
});

describe('cron', () => {
  const field = /^(\*|\d+)(\/\d+)?$/;
  const variable = /^[A-Z]+=/;

  test('every line that runs something names when, who and a unit of ours', () => {
    // The line that is commented out is one to choose.
    const lines = read('cron/wattline')
      .split('\n')
      .map((line) => line.replace(/^#(?=@)/, ''));
    const jobs = linesOf(lines.join('\n')).filter((line) => !variable.test(line));
    expect(jobs).toHaveLength(2);
    for (const job of jobs) {
      const [when, user, ...command] = job.startsWith('@')
        ? job.split(' ')
        : [job.split(' ').slice(0, 5), ...job.split(' ').slice(5)];
      if (Array.isArray(when)) for (const part of when) expect(part).toMatch(field);
      else expect(when).toBe('@reboot');
      expect(user).toBe('root');
      expect(command.slice(0, 2)).toEqual(['systemctl', 'start']);
      expect(readdirSync(join(deploy, 'systemd'))).toContain(command[2]);
    }
  });

  test('ends with a line feed, without which cron leaves out its last line', () => {
    expect(read('cron/wattline')).toMatch(/\n$/);
  });
});
