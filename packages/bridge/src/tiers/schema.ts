// The tables of the tiers. Everything in them can be derived from the log as far as it reaches back.
//   tier_state    one row: the position in the log up to which every series is merged, the newest revision
//   tier_series   a series, what its newest reading said of itself, the position up to which it is merged
//   tier_field    the fields of a series: id in its windows, kind; of a counter the newest point,
//                 and whether points of it have expired
//   tier_window   a window of a series (row.ts); `start` in seconds; `revision` once it is closed, anew when it changes
//   tier_kept     the tiers as they were configured last: time zone of days, time to keep, before which time windows have
//                 expired, since when it is no longer configured
//   tier_reach    since when a tier has windows of a series, where that is not as long as it is kept; whether more follows
//   tier_counter  the points of a counter (counter-points.ts), by which late readings find their neighbours

import type { SchemaPart } from '../store.ts';

export const tierSchema: SchemaPart = {
  name: 'tiers',
  migrations: [
    `
    CREATE TABLE tier_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      cursor INTEGER NOT NULL,
      revision INTEGER NOT NULL
    );
    INSERT INTO tier_state VALUES (1, 0, 0);
    CREATE TABLE tier_series (
      id INTEGER PRIMARY KEY,
      topic TEXT NOT NULL,
      agent TEXT NOT NULL,
      kind TEXT NOT NULL,
      definition TEXT,
      site TEXT,
      interval_seconds REAL,
      first_ms INTEGER NOT NULL,
      newest_ms INTEGER NOT NULL,
      cursor INTEGER NOT NULL,
      UNIQUE (topic, agent)
    );
    CREATE TABLE tier_field (
      series INTEGER NOT NULL,
      id INTEGER NOT NULL,
      name TEXT NOT NULL,
      kind TEXT NOT NULL,
      newest_ms INTEGER,
      newest INTEGER,
      trimmed INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (series, id)
    ) WITHOUT ROWID;
    CREATE TABLE tier_window (
      tier INTEGER NOT NULL,
      series INTEGER NOT NULL,
      start INTEGER NOT NULL,
      revision INTEGER,
      row BLOB NOT NULL,
      PRIMARY KEY (tier, series, start)
    ) WITHOUT ROWID;
    CREATE INDEX tier_window_open ON tier_window (tier, start) WHERE revision IS NULL;
    CREATE INDEX tier_window_closed ON tier_window (revision) WHERE revision IS NOT NULL;
    CREATE TABLE tier_counter (
      series INTEGER NOT NULL,
      field INTEGER NOT NULL,
      start INTEGER NOT NULL,
      points BLOB NOT NULL,
      PRIMARY KEY (series, field, start)
    ) WITHOUT ROWID;
    `,
    `
    CREATE TABLE tier_kept (
      tier INTEGER PRIMARY KEY,
      zone TEXT NOT NULL,
      keep_ms INTEGER,
      gone_ms INTEGER,
      leaving_ms INTEGER
    );
    CREATE TABLE tier_reach (
      tier INTEGER NOT NULL,
      series INTEGER NOT NULL,
      from_ms INTEGER NOT NULL,
      filling INTEGER NOT NULL,
      PRIMARY KEY (tier, series)
    ) WITHOUT ROWID;
    `,
  ],
};
