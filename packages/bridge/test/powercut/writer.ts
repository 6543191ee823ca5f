// The program that is cut: node writer.ts <what it leaves out> <directory> <groups>. It tells what it does among its
// writes: "try n", "accepted n" of readings, "delivering n", "delivered n" of a sink that has got so far.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type Opened, openAll, powercutMessage } from './subject.ts';

const [omission = '', directory = '', groups = ''] = process.argv.slice(2);
const say = (text: string): void => {
  fs.writeSync(1, `${text}\n`);
};

/** Pages after which the write-ahead log is copied into the file: so few that a short run does it often. */
const checkpointPages = 40;

if (omission === 'the sync of folders') {
  fs.fsyncSync = () => undefined;
  syncBuiltinESMExports();
}

function open(): Opened {
  const opened = openAll(join(directory, 'store'));
  const { database } = opened.store;
  database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  if (omission === 'every commit synced') database.exec('PRAGMA synchronous = NORMAL');
  if (omission === 'any sync of SQLite') database.exec('PRAGMA synchronous = OFF');
  return opened;
}

let opened = open();
let next = 0;
for (let group = 0; group < Number(groups); group++) {
  const sequences = Array.from({ length: 1 + (group % 4) }, () => next++);
  for (const sequence of sequences) say(`try ${sequence}`);
  opened.log.append(sequences.map(powercutMessage));
  for (const sequence of sequences) say(`accepted ${sequence}`);
  if (group % 3 === 1) opened.tiers.flush();
  if (group % 4 === 3) {
    const position = opened.log.head();
    say(`delivering ${position}`);
    opened.ledger.advance({ position, delivered: position, refused: 0, expired: 0 }, []);
    say(`delivered ${position}`);
  }
  if (group % 13 === 12) {
    opened.close();
    opened = open();
  }
}
// Ending closes it, which is cut too.
say('done');
