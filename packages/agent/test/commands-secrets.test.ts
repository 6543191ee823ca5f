// Keys and passwords appear nowhere: not on standard output, not in the log at its most detailed, not in the outbox.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';
import { startAedes } from './delivery-brokers.ts';

const password = 'sésame 7+/="open"';

/** As it is, and as JSON, a URL and the bytes of a frame write it. */
function spellings(key: string): string[] {
  const bytes = Buffer.from(key, 'hex');
  const text = Buffer.from(password);
  const ofPassword = [password, JSON.stringify(password).slice(1, -1), encodeURIComponent(password)];
  return [
    ...ofPassword,
    ...[text.toString('hex'), text.toString('base64')],
    ...[key, key.toUpperCase(), bytes.toString('base64'), [...bytes].join(','), [...bytes].join(', ')],
    // A part of it is too much already.
    key.slice(4, 20),
  ];
}

test('secrets appear in no output of any command', { timeout: 60_000 }, async () => {
  const site = await openInstallation();
  const broker = await startAedes();
  const roof = site.charger('roof');
  const shed = { ...site.charger('shed'), key: 'secret:wrong' };
  const wrong = `00${roof.key.slice(2)}`;
  site.write('secrets.yml', `mqtt: ${JSON.stringify(password)}\nroof: ${roof.key}\nwrong: ${wrong}\n`);
  const devices = [{ ...roof, key: 'secret:roof' }, shed].map((charger) => entryOf(charger));
  const login = 'username: barn, password: secret:mqtt';
  site.write('agent.yml', agentFile({ ...site, port: broker.port, devices, login }));
  site.write('down.yml', agentFile({ ...site, port: await freePort(), devices, login }));
  const outputs: string[] = [];
  const commands = [
    ['once', '--deadline', '2s', '--json'],
    ['-C', 'down.yml', 'once', '--deadline', '2s', '--json'],
    ['check'],
    ['read', 'shed'],
    ['read', 'roof', '--json'],
    ['record', 'roof', '--out', 'roof.jsonl', '--for', '1s'],
    ['scan', '--for', '1s', '--json'],
    ['outbox', '--json'],
  ];
  for (const words of commands) {
    const { stdout, stderr } = await site.agent(['--debug', ...words]).ended;
    outputs.push(`${words.join(' ')}\n${stdout}\n${stderr}`);
  }
  const agent = site.agent(['--debug', '-C', 'down.yml', 'run', '--json']);
  await agent.untilPrinted((lines) => lines.length > 0);
  const { stdout, stderr } = await agent.stop();
  outputs.push(`run\n${stdout}\n${stderr}`);
  const folder = join(site.folder, 'outbox');
  for (const name of readdirSync(folder)) outputs.push(readFileSync(join(folder, name), 'latin1'));
  outputs.push(site.read('roof.jsonl'));
  // Each did say something, down to the bytes.
  expect(outputs.join('\n')).toContain('DEBUG');
  expect(outputs.join('\n')).toContain('"readings":');
  for (const output of outputs) {
    const lower = output.toLowerCase();
    for (const secret of [...spellings(roof.key), ...spellings(wrong)])
      expect(lower).not.toContain(secret.toLowerCase());
  }
});
