// A store that a newer program wrote: nobody reads or changes it, and each command says why.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemaParts } from '../src/keeping/schema-parts.ts';
import { openStore } from '../src/store.ts';
import { openBridgeSite } from './service-rig.ts';

test('every command refuses it in one line, and check finds it', { timeout: 30_000 }, async () => {
  const site = await openBridgeSite();
  const path = join(site.folder, 'store');
  openStore({ path, parts: [...schemaParts, { name: 'tide', migrations: [''] }] }).close();
  const words = /^\S+ ERROR .*newer wattline-bridge \(part "tide" is not known\)[^\n]*\n$/;
  for (const command of ['export roof', `backup ${path}/copy`, 'device delete roof', 'readmit']) {
    const { code, stdout, stderr } = await site.bridge(command.split(' ')).ended;
    expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
    expect(stderr.replace(/^\d+-\d+-\d+ /, '')).toMatch(words);
  }
  const { code, stdout } = await site.bridge(['check']).ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAULT store: .*newer wattline-bridge/m);
});
