// What a person can ask `npm run package` for, and is told when it does not exist.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../package/main.ts', import.meta.url));

test.each([
  [['--arch', 'armhf'], '--arch takes amd64 or arm64, not armhf'],
  [['--only', 'agent'], '--only takes wattline-agent or wattline-bridge, not agent'],
  [['--format', 'deb', '--format', 'rpm'], '--format takes deb or tar, not rpm'],
])('%j is refused, and nothing is built', async (options, problem) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wattline-package-'));
  const { status, stderr } = spawnSync(process.execPath, [program, ...options, '--out', folder.path], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 2, stderr: `${problem}\n` });
  expect(readdirSync(folder.path)).toEqual([]);
});
