// The units, judged by systemd's own tools, with our programs in the places where the packages put them.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../../../packages/simulator/src/services/needs.ts';

const source = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'deploy/systemd');
const units = readdirSync(source);
const services = units.filter((unit) => unit.endsWith('.service'));
/** Tenths, as systemd-analyze takes it. */
const exposureMax = 30;

function analyze(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', parameters, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}`.trim() };
}

describe.skipIf(!hasPrograms({ 'systemd-analyze': 'systemd' }, process.env))('units', () => {
  let root = '';
  let folder = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'wattline-units-'));
    folder = join(root, 'usr/lib/systemd/system');
    cpSync('/usr/lib/systemd/system', folder, { recursive: true, verbatimSymlinks: true });
    cpSync(source, folder, { recursive: true });
    mkdirSync(join(root, 'usr/bin'));
    for (const program of ['wattline-agent', 'wattline-bridge', 'systemctl', 'chown']) {
      writeFileSync(join(root, 'usr/bin', program), '', { mode: 0o755 });
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('are understood by systemd, every line of them', () => {
    const files = units.map((unit) => join(folder, unit));
    const options = ['--root', root, '--man=no', '--recursive-errors=one'];
    expect(analyze('verify', ...options, ...files)).toEqual({ status: 0, said: '' });
  });

  test.each(services)('%s gives little to whoever breaks into it', (unit) => {
    const { status, said } = analyze(
      'security',
      '--offline=yes',
      `--threshold=${exposureMax}`,
      '--root',
      root,
      unit,
    );
    expect(status, said).toBe(0);
  });

  test('a round starts at each third of an hour', () => {
    const [, calendar = ''] =
      /^OnCalendar=(.*)$/m.exec(readFileSync(join(source, 'wattline-once.timer'), 'utf8')) ?? [];
    const { said } = analyze('calendar', calendar, '--iterations=4', '--base-time=2026-01-01 00:00:00 UTC');
    const starts = [...said.matchAll(/2026-01-01 (\d\d:\d\d:\d\d) UTC/g)].map(([, time]) => time);
    expect(starts).toEqual(['00:20:00', '00:40:00', '01:00:00', '01:20:00']);
  });
});
