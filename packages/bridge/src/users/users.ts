// The users as a running bridge knows them: it sees when the file changes, and verifies passwords within bounds.

import { createHmac, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { createAttempts } from './attempts.ts';
import { fitsPassword, nobodysHash, passwordLengthMax } from './password.ts';
import { type Role, readUsers, type User, usersFile } from './users-file.ts';

export type SignIn =
  | { readonly is: 'known'; readonly user: User }
  | { readonly is: 'unknown' }
  /** Too many tries: the password was not looked at. */
  | { readonly is: 'later'; readonly seconds: number };

export interface Users {
  /** As the file says now. */
  find(name: string): User | undefined;
  /** @param address of the other end; `undefined`: on this machine, which is never locked out */
  signIn(name: string, password: string, address: string | undefined): Promise<SignIn>;
  /** Calls back when somebody was removed or got another password or role. */
  onChange(listener: () => void): void;
  turnedAway(): number;
  close(): void;
}

interface UsersOptions {
  readonly file: string;
  readonly report: (text: string) => void;
  /** ms of a clock that never jumps. */
  readonly steadyMs: () => number;
}

const lookEveryMs = 1_000;
/** Each takes a core and 32 MiB. */
const verificationsMax = 2;
/** Beyond it whoever asks is told to come later. */
const waitingMax = 100;
const laterSeconds = 5;
const rememberedMax = 1_000;

export function openUsers({ file, report, steadyMs }: UsersOptions): Users {
  const attempts = createAttempts(steadyMs);
  const listeners: (() => void)[] = [];
  const verify = createVerifier();
  let users = new Map<string, User>();
  let seen = '';
  let problem: string | undefined;

  /** A file that cannot be read leaves those who were known: a fault of a disk signs nobody out. */
  const look = (): void => {
    const stamp = stampOf(file);
    if (stamp === seen && problem === undefined) return;
    try {
      const before = users;
      users = new Map(readUsers(file).map((user) => [user.name, user]));
      if (problem !== undefined) report('The users can be read again.');
      problem = undefined;
      seen = stamp;
      const isSame = (user: User) => {
        const now = users.get(user.name);
        return now?.hash === user.hash && now.role === user.role;
      };
      if (![...before.values()].every(isSame)) for (const listener of listeners) listener();
    } catch (error) {
      const text = (error as Error).message;
      if (problem === undefined) report(`Users: ${text}. Until then those who were known are.`);
      problem = text;
    }
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  timer.unref();

  return {
    find: (name) => {
      look();
      return users.get(name);
    },
    signIn: async (name, password, address) => {
      const who = { name, address };
      const seconds = attempts.waitSeconds(who);
      if (seconds > 0) return { is: 'later', seconds };
      look();
      const user = users.get(name);
      const fits = await verify(password, user?.hash ?? nobodysHash);
      if (fits === undefined) return { is: 'later', seconds: laterSeconds };
      if (!fits || user === undefined) {
        attempts.failed(who);
        return { is: 'unknown' };
      }
      attempts.succeeded(who);
      return { is: 'known', user };
    },
    onChange: (listener) => void listeners.push(listener),
    turnedAway: attempts.turnedAway,
    close: () => clearInterval(timer),
  };
}

/** Those of the store in a folder. */
export const usersOf = (storePath: string, report: UsersOptions['report']): Users =>
  openUsers({ file: usersFile(storePath), report, steadyMs: () => performance.now() });

/** That one of these roles is among the users in the file. */
export const hasRole = (users: readonly User[], wanted: readonly Role[]): boolean =>
  users.some(({ role }) => wanted.includes(role));

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}

/**
 * Few at a time. A password that fitted is remembered by a digest whose key dies with the process, because agents come
 * back and scripts ask every few seconds. `undefined`: too many wait.
 */
function createVerifier(): (password: string, hash: string) => Promise<boolean | undefined> {
  const key = randomBytes(32);
  const fitted = new Set<string>();
  const waiting: (() => void)[] = [];
  let running = 0;
  const digestOf = (password: string, hash: string): string =>
    createHmac('sha256', key).update(hash).update('\0').update(password).digest('base64');

  return async (password, hash) => {
    if (password.length > passwordLengthMax) return false;
    const digest = digestOf(password, hash);
    if (fitted.has(digest)) return true;
    if (running >= verificationsMax) {
      if (waiting.length >= waitingMax) return undefined;
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      const fits = await fitsPassword(password, hash);
      if (fits) fitted.add(digest);
      const [oldest] = fitted;
      if (fitted.size > rememberedMax && oldest !== undefined) fitted.delete(oldest);
      return fits;
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
