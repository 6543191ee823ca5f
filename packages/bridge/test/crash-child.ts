// The way of a message into the store as a program that can be killed: broker or subscriber, intake, log.
// `node crash-child.ts STORE broker PORT` or `node crash-child.ts STORE subscriber URL`; says "ready".

import { startBroker } from '../src/broker/broker.ts';
import { brokerSchema } from '../src/broker/schema.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake } from '../src/intake/intake.ts';
import { logSchema } from '../src/log/schema.ts';
import { openLog } from '../src/log/sqlite-log.ts';
import { openStore } from '../src/store.ts';
import { startSubscriber } from '../src/subscriber/subscriber.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { openGate } from './open-gate.ts';

const [, , path = '', way, where = ''] = process.argv;
const report = (text: string): void => void process.stderr.write(`${text}\n`);
const store = openStore({ path, parts: [logSchema, brokerSchema] });
const log = openLog({
  store,
  clockSynced: () => true,
  rawMs: 86_400_000 * 10_000,
  bytesMax: 1024 ** 3,
  report,
});
const intake = createIntake({ log, report, uptimeMs: () => performance.now() });
const days = createLocalDays('UTC');
const common = { topics: defaultTopics, intake, nowMs: () => Date.now(), days, report };
if (way === 'broker') {
  const limits = { packetBytesMax: 1_000_000, connectionsMax: 100, rateMax: 1_000_000 };
  const place = { host: '127.0.0.1', port: Number(where) };
  await startBroker({ ...common, ...place, store, gate: openGate, limits });
} else {
  startSubscriber({ ...common, url: where, clientId: 'crash-child' });
}
process.stdout.write('ready\n');
