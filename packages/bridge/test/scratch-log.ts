// Messages and scratch logs for the tests of the log.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logSchema } from '../src/log/schema.ts';
import { type LogOptions, openLog, type SqliteLog } from '../src/log/sqlite-log.ts';
import type { Message } from '../src/message.ts';
import { openStore, type SchemaPart, type Store } from '../src/store.ts';

export const noon = Date.UTC(2026, 5, 1, 12);

/** A message as agents send it; what is not named is sound. */
export function reading(
  sequence: number,
  more: { topic?: string; values?: object; meta?: object; receivedMs?: number; retained?: boolean } = {},
): Message {
  const meta = {
    _timestamp: noon + sequence * 1000,
    _clock: 'synced',
    _boot: 'boot-1',
    _uptime_ms: 60_000 + sequence * 1000,
    _agent: 'barn',
    _stream: 'stream-1',
    _seq: sequence,
    _definition: 'victron-ble',
    _kind: 'solar_charger',
    _model: 'SmartSolar MPPT 100|30',
    _interval: 10,
    ...more.meta,
  };
  return message(
    more.topic ?? 'victron/smartsolar/roof',
    { pv_power: sequence, ...more.values, ...meta },
    {
      receivedMs: noon + sequence * 1000 + 50,
      ...more,
    },
  );
}

export function message(
  topic: string,
  content: unknown,
  { receivedMs = noon, retained = false }: { receivedMs?: number; retained?: boolean } = {},
): Message {
  const payload = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return { topic, payload, receivedMs, retained };
}

export interface Scratch {
  readonly path: string;
  log: SqliteLog;
  store: Store;
  readonly reports: string[];
  /** Closes everything and opens it again, as after a restart. */
  restart(options?: Partial<LogOptions>): void;
  remove(): void;
}

export function scratchLog(options: Partial<LogOptions> = {}, parts: readonly SchemaPart[] = []): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'wattline-log-'));
  const reports: string[] = [];
  const open = (more: Partial<LogOptions>) => {
    const store = openStore({ path, parts: [logSchema, ...parts] });
    const log = openLog({
      store,
      clockSynced: () => true,
      rawMs: 7 * 86_400_000,
      bytesMax: 1024 ** 3,
      report: (text) => reports.push(text),
      ...options,
      ...more,
    });
    return { store, log };
  };
  const scratch: Scratch = {
    path,
    ...open({}),
    reports,
    restart: (more = {}) => {
      scratch.log.close();
      scratch.store.close();
      Object.assign(scratch, open(more));
    },
    remove: () => {
      scratch.log.close();
      scratch.store.close();
      rmSync(path, { recursive: true });
    },
  };
  return scratch;
}

/** received = stored + duplicate + conflict + state + aside. */
export function sumOfVerdicts({ log }: Scratch): number {
  const { stored, duplicate, conflict, state, aside } = log.accounts();
  return stored + duplicate + conflict + state + Object.values(aside).reduce((sum, count) => sum + count, 0);
}
