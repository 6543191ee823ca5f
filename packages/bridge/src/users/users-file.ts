// The file of users, in the folder of the store: written by `user add` and `user remove`, read by the bridge that runs.
// A file of its own, so that neither has to wait for the other; docs/decisions says more.

import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperationError } from '@wattline/program';
import { namePattern } from '@wattline/protocols';
import * as z from 'zod';
import { isPasswordHash } from './password.ts';

/**
 * agent: publishes readings as itself, hears its own commands. publisher: another program, whose readings name no agent.
 * viewer: sees the page, subscribes to everything. admin: everything.
 */
export const roles = ['agent', 'publisher', 'viewer', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface User {
  readonly name: string;
  readonly role: Role;
  /** As password.ts writes it. */
  readonly hash: string;
  /** ms since 1970. */
  readonly added: number;
}

/** More than an installation has agents. */
export const usersMax = 10_000;

const fileShape = z.strictObject({
  version: z.literal(1),
  users: z
    .array(
      z.strictObject({
        name: z.string().regex(namePattern),
        role: z.enum(roles),
        hash: z.string().refine(isPasswordHash, 'no hash of scrypt'),
        added: z.number(),
      }),
    )
    .max(usersMax),
});

export const usersFile = (storePath: string): string => join(storePath, 'users.json');

/** Empty where there is no file. @throws Error in words for the operator */
export function readUsers(file: string): readonly User[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new OperationError(`the users cannot be read: ${(error as Error).message}`);
  }
  const parsed = fileShape.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OperationError(
      `${file} is no file of users (${issue?.path.join('.')}: ${issue?.message}); restore it, or remove it and add the users again`,
    );
  }
  return parsed.data.users;
}

/** Whole or not at all, durable, and for its owner's eyes only. */
export function writeUsers(file: string, users: readonly User[]): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const draft = `${file}.${randomUUID().slice(0, 8)}`;
  try {
    writeFileSync(draft, `${JSON.stringify({ version: 1, users }, undefined, 1)}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
    chmodSync(draft, 0o600);
    giveTo(draft, folder);
    sync(draft);
    renameSync(draft, file);
    sync(folder);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new OperationError(`the users cannot be written: ${(error as Error).message}`);
  }
}

/** Written by root, it must still be readable for the service, whose folder it lies in. */
function giveTo(path: string, folder: string): void {
  const owner = statSync(folder);
  const own = statSync(path);
  if (own.uid === 0 && owner.uid !== 0) chownSync(path, owner.uid, owner.gid);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
