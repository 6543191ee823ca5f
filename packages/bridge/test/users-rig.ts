// A file of users in a scratch folder, and the users that a running bridge sees in it.

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { hashPassword } from '../src/users/password.ts';
import { openUsers, type Users } from '../src/users/users.ts';
import { type Role, usersFile, writeUsers } from '../src/users/users-file.ts';

export const passwordOf = (name: string): string => `password of ${name}`;

export interface UsersScene {
  readonly file: string;
  readonly users: Users;
  readonly clock: { nowMs: number };
  readonly reports: string[];
}

export async function usersScene(people: { readonly [name: string]: Role }): Promise<UsersScene> {
  const file = usersFile(join(scratchFolder(), 'store'));
  writeUsers(
    file,
    await Promise.all(
      Object.entries(people).map(async ([name, role]) => ({
        ...{ name, role, added: 0 },
        hash: await hashPassword(passwordOf(name)),
      })),
    ),
  );
  const clock = { nowMs: 0 };
  const reports: string[] = [];
  const report = (text: string) => void reports.push(text);
  const users = openUsers({ file, report, steadyMs: () => clock.nowMs });
  onTestFinished(users.close);
  return { file, users, clock, reports };
}
