// Who is signed in to the page: kept in the store, so that a wall display need not sign in after each power cut. A session is
// known by the SHA-256 of its token; the token itself is only in the browser.

import { createHash, randomBytes } from 'node:crypto';
import { type SchemaPart, type Store, sqliteErrorCode } from '../store.ts';
import type { User } from '../users/users-file.ts';

export const sessionSchema: SchemaPart = {
  name: 'session',
  migrations: [
    `
-- password: a digest of the user's password hash; with another password the session is over.
CREATE TABLE web_session (
  digest TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  password TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
`,
  ],
};

export interface Sessions {
  /** Returns the token. */
  begin(user: User): string;
  find(token: string): User | undefined;
  end(token: string): void;
}

interface SessionsOptions {
  readonly store: Store;
  readonly findUser: (name: string) => User | undefined;
  readonly clock: () => number;
  readonly sessionsMax?: number;
}

export const sessionMs = 30 * 86_400_000;
const tokenBytes = 32;

interface Session {
  readonly user: string;
  readonly password: string;
  readonly expiresMs: number;
}

export function openSessions({ store, findUser, clock, sessionsMax = 1_000 }: SessionsOptions): Sessions {
  const { database } = store;
  const insert = database.prepare('INSERT INTO web_session VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM web_session WHERE digest = ?');
  const sessions = new Map<string, Session>();
  for (const row of database.prepare('SELECT * FROM web_session ORDER BY expires_ms').all()) {
    sessions.set(String(row['digest']), {
      user: String(row['user']),
      password: String(row['password']),
      expiresMs: Number(row['expires_ms']),
    });
  }
  /** A full disk is when the page is needed: a session that cannot be written lasts until the bridge ends. */
  const write = (statement: () => unknown): void => {
    try {
      store.transaction(statement);
    } catch (error) {
      if (sqliteErrorCode(error) === undefined) throw error;
    }
  };
  const drop = (digest: string): void => {
    sessions.delete(digest);
    write(() => remove.run(digest));
  };
  return {
    begin: (user) => {
      const token = randomBytes(tokenBytes).toString('base64url');
      const session = { user: user.name, password: digestOf(user.hash), expiresMs: clock() + sessionMs };
      const digest = digestOf(token);
      for (const [old, { expiresMs }] of sessions) {
        if (expiresMs > clock() && sessions.size < sessionsMax) break;
        drop(old);
      }
      sessions.set(digest, session);
      write(() => insert.run(digest, session.user, session.password, session.expiresMs));
      return token;
    },
    find: (token) => {
      const session = sessions.get(digestOf(token));
      if (session === undefined || session.expiresMs <= clock()) return undefined;
      const user = findUser(session.user);
      return user !== undefined && digestOf(user.hash) === session.password ? user : undefined;
    },
    end: (token) => {
      const digest = digestOf(token);
      if (sessions.has(digest)) drop(digest);
    },
  };
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
