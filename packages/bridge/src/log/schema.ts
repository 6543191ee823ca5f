// Tables of the log.

import type { SchemaPart } from '../store.ts';

/** A group whose times are farther apart than this has an index of its own (raw.ts). */
export const wideMs = 3_600_000;

export const logSchema: SchemaPart = {
  name: 'log',
  migrations: [
    `
-- Messages as they came (group.ts). last: position of the newest reading of the group.
CREATE TABLE log_group (
  last INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  time_min INTEGER NOT NULL,
  time_max INTEGER NOT NULL,
  series BLOB NOT NULL,
  bytes BLOB NOT NULL
);
CREATE INDEX log_group_time ON log_group (time_min, time_max);
CREATE INDEX log_group_wide ON log_group (time_max, time_min) WHERE time_max - time_min > ${wideMs};

-- Which group holds sequences first to last of a stream.
CREATE TABLE log_run (
  stream INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (stream, first)
) WITHOUT ROWID;

-- Identity of held messages that name no stream. The time leads, so that new rows come at the end.
CREATE TABLE log_digest (
  time_ms INTEGER NOT NULL,
  series INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  PRIMARY KEY (time_ms, series, digest)
) WITHOUT ROWID;

-- seen, given_up: intervals of sequences (intervals.ts). used_day: last use, days since 1970.
CREATE TABLE log_stream (
  id INTEGER PRIMARY KEY,
  agent TEXT NOT NULL,
  stream TEXT NOT NULL,
  seen BLOB NOT NULL,
  given_up BLOB NOT NULL,
  missing INTEGER NOT NULL,
  series INTEGER NOT NULL,
  used_day INTEGER NOT NULL,
  UNIQUE (agent, stream)
);
CREATE INDEX log_stream_used ON log_stream (used_day);
CREATE INDEX log_stream_missing ON log_stream (missing) WHERE missing > 0;

-- Time of boot of an agent's machine by a clock that was set.
CREATE TABLE log_boot (
  agent TEXT NOT NULL,
  boot TEXT NOT NULL,
  booted_ms INTEGER NOT NULL,
  used_day INTEGER NOT NULL,
  PRIMARY KEY (agent, boot)
) WITHOUT ROWID;

CREATE TABLE log_series (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  agent TEXT NOT NULL,
  first_ms INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  newest_position INTEGER NOT NULL,
  newest_ms INTEGER NOT NULL,
  newest_received_ms INTEGER NOT NULL,
  newest_placed INTEGER NOT NULL,
  newest_payload BLOB NOT NULL,
  UNIQUE (topic, agent)
);

-- The newest message of topics that hold a state, a command, or a value of unknown age.
CREATE TABLE log_topic (
  topic TEXT PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  payload BLOB NOT NULL
) WITHOUT ROWID;

-- Messages that are no readings, as they came. bytes: size as received; payload may be its beginning only.
CREATE TABLE log_aside (
  id INTEGER PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  retained INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  payload BLOB NOT NULL
);

CREATE TABLE log_count (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
`,
    `
-- Readings whose time is not known yet (waiting.ts), and their boots, by clocks that were not set.
CREATE TABLE log_waiting (position INTEGER PRIMARY KEY, boot INTEGER NOT NULL);
CREATE INDEX log_waiting_boot ON log_waiting (boot, position);
CREATE TABLE log_unset_boot (
  id INTEGER PRIMARY KEY,
  agent TEXT NOT NULL,
  boot TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  booted_ms INTEGER NOT NULL,
  UNIQUE (agent, boot)
);
`,
    `
-- joined: id of the series that the readings of this one are readings of (series-join.ts).
ALTER TABLE log_series ADD COLUMN joined INTEGER;
CREATE INDEX log_series_joined ON log_series (joined) WHERE joined IS NOT NULL;

-- Ids of series that were removed.
CREATE TABLE log_series_gone (id INTEGER PRIMARY KEY);
`,
    `
-- Of a newest message of another program, which was translated: its topic, and the topic of the device that it is of.
ALTER TABLE log_series ADD COLUMN newest_topic TEXT NOT NULL DEFAULT '';
ALTER TABLE log_series ADD COLUMN newest_device TEXT NOT NULL DEFAULT '';
`,
    `
-- Types of fields that no definition describes (field-types.ts), and the newest value of each that does not fit.
CREATE TABLE log_field (
  series INTEGER NOT NULL,
  field TEXT NOT NULL,
  type TEXT NOT NULL,
  conflicts INTEGER NOT NULL,
  value TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (series, field)
) WITHOUT ROWID;

-- Fields of the newest message that are left out of its reading, as JSON.
ALTER TABLE log_series ADD COLUMN newest_left_out TEXT NOT NULL DEFAULT '[]';
`,
    `
-- The only agent that the publisher of the message may speak for; '': none, NULL: any.
ALTER TABLE log_aside ADD COLUMN only_agent TEXT;
`,
  ],
};
