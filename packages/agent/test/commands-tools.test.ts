// Commands that need no device: decode, devices, victron-keys, outbox. What they print is data for scripts.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { definitions } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { vectorsOf } from '../../protocols/test/vectors.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';

const [solar] = vectorsOf('victron-ble');
if (solar?.bytes === undefined || solar.secret === undefined)
  throw new Error('the first vector has no bytes');
const { bytes, secret, record, values } = solar;

describe('decode', () => {
  test('--jsonl answers each line in its place, and a bad line costs itself only', async () => {
    const site = await openInstallation();
    const bad = ['{', '[]', '{"id":"no definition"}', 'x'.repeat(100_000)];
    const lines = Array.from({ length: 3000 }, (_, id) =>
      id % 100 === 7
        ? (bad[id % bad.length] ?? '')
        : JSON.stringify({ id, definition: 'victron-ble', bytes, secret }),
    );
    const { code, stdout, stderr } = await site.agent(['decode', '--jsonl'], { input: lines.join('\n') })
      .ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(lines.length);
    for (const [id, answer] of answers.entries()) {
      if (id % 100 === 7) expect(answer).toMatchObject({ error: { code: 'usage' } });
      else if (id % 100 === 8) expect(answer).toMatchObject({ id, record, values });
      else expect(answer.id).toBe(id);
    }
  });

  test('one request on the command line is a table, or JSON', async () => {
    const site = await openInstallation();
    const words = ['decode', 'victron-ble', bytes, '--key', secret];
    const shown = await site.agent(words).ended;
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(new RegExp(`^victron-ble ${record}\nfield +value +unit\n`));
    const json = await site.agent([...words, '--json']).ended;
    expect(JSON.parse(json.stdout)).toMatchObject({ definition: 'victron-ble', record, values });
    const cells = 'dd0400080d870dc10dca0d59fd5977';
    const answers = ['decode', 'jbd', cells.slice(0, 10), cells.slice(10)];
    const asked = await site.agent([...answers, '--request', 'dda50400fffc77']).ended;
    expect(asked.stdout).toMatch(/^jbd cells\nfield +value +unit\ncell_voltage_1 +3.463 +V\n/);
    expect((await site.agent([...answers, '--record', 'basic']).ended).stderr).toMatch(
      /^silent: no whole answer/,
    );
  });

  test('what gives no reading ends with 5 and its reason, a wrong request with 2', async () => {
    const site = await openInstallation();
    const wrongKey = await site.agent(['decode', 'victron-ble', bytes, '--key', '00'.repeat(16)]).ended;
    expect(wrongKey).toMatchObject({ code: 5, stdout: '' });
    expect(wrongKey.stderr).toMatch(/^key: the key begins with 00/);
    const unknown = await site.agent(['decode', 'victron', bytes]).ended;
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await site.agent(['decode']).ended).toMatchObject({ code: 2, stdout: '' });
  });
});

test('devices --json is the catalogue, with every field, its kind, unit and words', async () => {
  const site = await openInstallation();
  const { code, stdout, stderr } = await site.agent(['devices', '--json']).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const catalogue = JSON.parse(stdout);
  expect(catalogue.map(({ definition }: { definition: string }) => definition)).toEqual(
    definitions.map(({ id }) => id),
  );
  const [victron] = catalogue;
  expect(victron).toMatchObject({ vendor: 'victron', secret: 'key', media: [{ medium: 'advertisement' }] });
  const charger = victron.records.find((each: { record: string }) => each.record === '0x01');
  expect(charger.kind).toBe('solar_charger');
  expect(charger.fields).toContainEqual({ field: 'battery_voltage', kind: 'gauge', unit: 'V' });
  expect(charger.fields).toContainEqual({ field: 'battery_power', kind: 'gauge', unit: 'W' });
  const state = charger.fields.find(({ field }: { field: string }) => field === 'charge_state');
  expect(state.words).toContain('bulk');
  const shown = await site.agent(['devices']).ended;
  expect(shown.stdout).toContain('\n  0x01 (solar_charger): BlueSolar and SmartSolar MPPT\n');
});

test('victron-keys prints one JSON a key, and says what a file without keys is', async () => {
  const site = await openInstallation();
  const database = new DatabaseSync(join(site.folder, 'app.sqlite'));
  database.exec('CREATE TABLE advertisementKeys (macAddress TEXT, advertisementKey TEXT)');
  database.exec(
    "INSERT INTO advertisementKeys VALUES ('efc1198d6f2b','aff4d0995b7d1e176c0c33ecb9e70dcd'), ('a0f478020fe1','0d')",
  );
  database.close();
  const { code, stdout } = await site.agent(['victron-keys', 'app.sqlite', '--json']).ended;
  expect(code).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { address: 'EF:C1:19:8D:6F:2B', key: 'aff4d0995b7d1e176c0c33ecb9e70dcd' },
    {
      address: 'A0:F4:78:02:0F:E1',
      problem: expect.stringMatching(/^a key has 32 hex digits, this one has 2/),
    },
  ]);
  site.write('other.sqlite', 'no database');
  const other = await site.agent(['victron-keys', 'other.sqlite']).ended;
  expect(other).toMatchObject({ code: 2, stdout: '' });
  expect(other.stderr).toContain('other.sqlite is no VictronConnect database');
});

test('outbox shows what waits, also while an agent runs', async () => {
  const site = await openInstallation();
  const charger = entryOf(site.charger('roof'), ', interval: 1s');
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [charger] }));
  const none = await site.agent(['outbox', '--json']).ended;
  expect(JSON.parse(none.stdout)).toEqual({ readings: 0, bytes: 0, topics: [] });
  const agent = site.agent(['run', '--json']);
  await agent.untilPrinted((lines) => lines.length >= 1);
  const { stdout } = await site.agent(['outbox', '--json']).ended;
  const listing = JSON.parse(stdout);
  expect(listing).toMatchObject({ topics: [{ topic: 'victron/smartsolar/roof' }], openBy: agent.pid });
  expect(listing.readings).toBeGreaterThanOrEqual(1);
  const second = await site.agent(['once']).ended;
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`is in use by process ${agent.pid}`);
  await agent.stop();
  const shown = await site.agent(['outbox']).ended;
  expect(shown.stdout).toMatch(/outbox: \d+ readings?, \d+ bytes, the oldest of .*\ntopic +readings\n/);
});
