// An agent that is killed: node delivery-child.ts URL PATH. Delivers a reading every 2 ms and writes down
// "STREAM SEQUENCE" of each as soon as it is accepted.

import { writeSync } from 'node:fs';
import { createDelivery, deliveryTimes } from '../src/delivery/delivery.ts';
import { createIdentity } from '../src/identity.ts';
import { openOutbox } from '../src/outbox/outbox.ts';
import { createPublisher } from '../src/publisher/publisher.ts';
import { reading } from './delivery-readings.ts';

const [url = '', path = ''] = process.argv.slice(2);
const log = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const { stream, nextSequence } = createIdentity();
const delivery = createDelivery({
  publisher: createPublisher({ url, clientId: 'killed', version: 'auto', log, backOffMs: () => 30 }),
  outbox: await openOutbox({ path, bytesMax: 16 * 1024 * 1024, ageMaxMs: 1e12 }),
  clock: { nowMs: Date.now, isSynced: () => true },
  log,
  retain: false,
  times: { ...deliveryTimes, confirmMs: 30 },
});
setInterval(() => {
  const next = reading(nextSequence(), stream);
  void delivery.deliver(`victron/battery/b${next.sequence % 3}`, next).then(() => {
    writeSync(1, `${stream} ${next.sequence}\n`);
  });
}, 2);
