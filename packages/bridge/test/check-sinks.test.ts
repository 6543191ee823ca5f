import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { influxd } from './influxd.ts';
import { type Influx1, influxd1, startInfluxd1 } from './influxd1.ts';
import { influxScene } from './influxdb2-rig.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';

const scene = influxScene();
let influx1: Influx1;
beforeAll(async () => {
  if (influxd1) influx1 = await startInfluxd1(influxd1);
});
afterAll(() => influx1?.end());

test.skipIf(influxd === undefined || influxd1 === undefined)(
  'check says what would be made and changed in each store, before and after it was; a token comes from a file',
  async () => {
    const site = await openBridgeSite();
    const file = join(site.folder, 'bridge.yml');
    writeFileSync(join(site.folder, 'token'), `${scene.influx.token}\n`);
    appendFileSync(
      file,
      `sinks:
  - { name: two, type: influxdb2, url: "${scene.influx.url}", org: ${scene.influx.org}, bucket: checked, token_file: token }
  - { name: one, type: influxdb1, url: "${influx1.url}", database: checked }
  - { name: table, type: csv, path: table }
`,
    );
    const check = async (words: readonly string[] = []) => {
      const { code, stdout } = await site.bridge([...words, 'check', '--json']).ended;
      const findings = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const sinks = findings.filter(({ what }) => String(what).startsWith('sink '));
      return { code, texts: Object.fromEntries(sinks.map(({ what, text }) => [what, text])) };
    };

    expect(await check()).toEqual({
      code: 0,
      texts: {
        'sink two':
          'reached; would create checked, checked_2m, checked_5m, checked_30m, checked_2h, checked_1d',
        'sink one':
          'reached; would create "checked"."raw", "checked"."2m", "checked"."5m", "checked"."30m", "checked"."2h", "checked"."1d"',
        'sink table': `reached; would create ${join(site.folder, 'table')}`,
      },
    });

    const bridge = await site.start();
    const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
    await publish(client, roof, [readingOf(0, Date.now())]);
    await site.until('/api/status', ({ sinks }: { sinks: { readings: { delivered: number } }[] }) =>
      sinks.every(({ readings }) => readings.delivered === 1),
    );
    const there = 'reached; everything is there';
    expect((await check()).texts).toEqual({ 'sink two': there, 'sink one': there, 'sink table': there });
    await client.endAsync(true);
    await bridge.stop();

    const longer = join(site.folder, 'longer.yml');
    writeFileSync(longer, readFileSync(file, 'utf8').replace('{ path: store }', '{ path: store, raw: 14d }'));
    const changed = await check(['--config', longer]);
    expect(changed.texts).toMatchObject({
      'sink two': 'reached; would change: checked keeps 14d instead of 7d',
      'sink one': 'reached; would change: "checked"."raw" keeps 14d instead of 7d',
    });
    await site.start(['--config', longer, 'run']);
    const again = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
    await publish(again, roof, [readingOf(1, Date.now())]);
    await site.until('/api/status', ({ sinks }: { sinks: { readings: { delivered: number } }[] }) =>
      sinks.every(({ readings }) => readings.delivered === 2),
    );
    expect((await check(['--config', longer])).texts).toMatchObject({ 'sink two': there, 'sink one': there });
  },
  60_000,
);
