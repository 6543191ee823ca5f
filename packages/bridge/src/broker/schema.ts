// What the embedded broker must still know after a restart.

import type { SchemaPart } from '../store.ts';

export const brokerSchema: SchemaPart = {
  name: 'broker',
  migrations: [
    `
CREATE TABLE broker_retained (
  topic TEXT PRIMARY KEY,
  qos INTEGER NOT NULL,
  payload BLOB NOT NULL
) WITHOUT ROWID;

-- Of clients that are connected: published when a client does not come back after a crash of the bridge.
CREATE TABLE broker_will (
  client TEXT PRIMARY KEY,
  broker TEXT NOT NULL,
  topic TEXT NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  payload BLOB NOT NULL
) WITHOUT ROWID;
`,
  ],
};
