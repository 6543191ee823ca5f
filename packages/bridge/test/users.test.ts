import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createAttempts } from '../src/users/attempts.ts';
import { fitsPassword, generatePassword, hashPassword, isPasswordHash } from '../src/users/password.ts';
import { readUsers, writeUsers } from '../src/users/users-file.ts';
import { passwordOf, usersScene } from './users-rig.ts';

describe('a password', () => {
  test('is kept as scrypt with its parameters, each time with another salt', async () => {
    const [first, second] = [await hashPassword('correct horse'), await hashPassword('correct horse')];
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(first).not.toBe(second);
    expect(await fitsPassword('correct horse', first)).toBe(true);
    expect(await fitsPassword('correct horsf', first)).toBe(false);
  });

  test('of other parameters is verified by those: the vector of RFC 7914, 12', async () => {
    // P="pleaseletmein", S="SodiumChloride", N=16384, r=8, p=1; its first 32 bytes.
    const salt = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '');
    const hash = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex');
    const kept = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.toString('base64').replace(/=+$/, '')}`;
    expect(await fitsPassword('pleaseletmein', kept)).toBe(true);
  });

  test.each([
    '',
    'plain',
    '$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  ])('%s is none that is tried', async (kept) => {
    expect(isPasswordHash(kept)).toBe(false);
    expect(await fitsPassword('x', kept)).toBe(false);
  });

  test('that is made has 144 bits and no character that a file or a shell would read', () => {
    const made = Array.from({ length: 50 }, generatePassword);
    expect(new Set(made).size).toBe(50);
    for (const password of made) expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });
});

describe('the file of users', () => {
  test('is for the eyes of its owner, whatever it was before', async () => {
    const { file } = await usersScene({ barn: 'agent' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    writeUsers(file, readUsers(file));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('that is damaged is refused with its name, and signs nobody out who was known', async () => {
    const { file, users, reports } = await usersScene({ barn: 'agent' });
    writeFileSync(file, '{"version":1,"users":[{"name":"barn"');
    expect(() => readUsers(file)).toThrow(/users\.json is no file of users/);
    expect(await users.signIn('barn', passwordOf('barn'), undefined)).toMatchObject({ is: 'known' });
    await users.signIn('barn', passwordOf('barn'), undefined);
    expect(reports).toHaveLength(1);
  });
});

describe('signing in', () => {
  test('takes the right password of a name and nothing else', async () => {
    const { users } = await usersScene({ barn: 'agent', owner: 'admin' });
    expect(await users.signIn('owner', passwordOf('owner'), '10.0.0.1')).toMatchObject({
      is: 'known',
      user: { name: 'owner', role: 'admin' },
    });
    for (const [name, password] of [
      ['owner', passwordOf('barn')],
      ['nobody', ''],
      ['__proto__', passwordOf('owner')],
      ['owner', 'x'.repeat(100_000)],
    ] as const)
      expect(await users.signIn(name, password, undefined)).toEqual({ is: 'unknown' });
  });

  test('sees who was added and who was removed, and says the removal', async () => {
    const { file, users } = await usersScene({ barn: 'agent', owner: 'admin' });
    let changes = 0;
    users.onChange(() => changes++);
    const [barn, owner] = readUsers(file);
    if (barn === undefined || owner === undefined) throw new Error('two users');
    writeUsers(file, [barn, owner, { ...owner, name: 'guest', role: 'viewer' }]);
    expect(await users.signIn('guest', passwordOf('owner'), undefined)).toMatchObject({ is: 'known' });
    expect(changes).toBe(0);
    writeUsers(file, [barn]);
    expect(users.find('owner')).toBeUndefined();
    expect(changes).toBe(1);
    expect(await users.signIn('owner', passwordOf('owner'), undefined)).toEqual({ is: 'unknown' });
  });

  test('is slowed by failures from elsewhere, never at the machine itself', async () => {
    const { users } = await usersScene({ owner: 'admin' });
    for (let tried = 0; tried < 12; tried++) await users.signIn('owner', `wrong ${tried}`, '10.0.0.66');
    expect(await users.signIn('owner', passwordOf('owner'), '10.0.0.66')).toMatchObject({ is: 'later' });
    expect(await users.signIn('owner', passwordOf('owner'), undefined)).toMatchObject({ is: 'known' });
    expect(users.turnedAway()).toBe(3);
  });
});

describe('tries', () => {
  const clock = { nowMs: 0 };
  const fail = (
    attempts: ReturnType<typeof createAttempts>,
    name: string,
    address: string,
    times: number,
  ) => {
    for (let count = 0; count < times; count++) attempts.failed({ name, address });
  };

  test('of one address end for a minute after ten, whatever the names', () => {
    const attempts = createAttempts(() => clock.nowMs);
    for (let index = 0; index < 10; index++) fail(attempts, `name${index}`, '10.0.0.1', 1);
    expect(attempts.waitSeconds({ name: 'other', address: '10.0.0.1' })).toBe(60);
    expect(attempts.waitSeconds({ name: 'other', address: '::ffff:10.0.0.1' })).toBe(60);
    expect(attempts.waitSeconds({ name: 'other', address: '10.0.0.2' })).toBe(0);
    clock.nowMs += 60_000;
    expect(attempts.waitSeconds({ name: 'other', address: '10.0.0.1' })).toBe(0);
  });

  test('of one name end after thirty, from wherever, and not where its owner signed in before', () => {
    const attempts = createAttempts(() => clock.nowMs);
    attempts.succeeded({ name: 'owner', address: '10.1.1.1' });
    for (let index = 0; index < 30; index++) fail(attempts, 'owner', `10.9.9.${index}`, 1);
    expect(attempts.waitSeconds({ name: 'owner', address: '10.2.2.2' })).toBe(60);
    expect(attempts.waitSeconds({ name: 'owner', address: '10.1.1.1' })).toBe(0);
    fail(attempts, 'owner', '10.1.1.1', 30);
    expect(attempts.waitSeconds({ name: 'owner', address: '10.1.1.1' })).toBe(60);
  });

  test('of one network of IPv6 are those of one address', () => {
    const attempts = createAttempts(() => clock.nowMs);
    for (let index = 0; index < 10; index++) fail(attempts, 'a', `2001:db8:1:2::${index + 1}`, 1);
    expect(attempts.waitSeconds({ name: 'b', address: '2001:db8:1:2:ffff::9' })).toBe(60);
    expect(attempts.waitSeconds({ name: 'b', address: '2001:db8:1:3::1' })).toBe(0);
  });
});
