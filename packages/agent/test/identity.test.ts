import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createIdentity } from '../src/identity.ts';

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '../src', file));
const inAnotherProcess = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
    encoding: 'utf8',
  }).trim();

test('two processes of one boot agree on the boot', () => {
  const program = `import { createIdentity } from ${source('identity.ts')}; console.log(createIdentity().boot);`;
  const boot = inAnotherProcess(program);
  expect(boot).toBe(createIdentity().boot);
  expect(boot).toMatch(/^[0-9a-f]{16}$/);
});

test('a start is a new stream whose sequence begins at 0', () => {
  const first = createIdentity();
  const second = createIdentity();
  expect(first.stream).toMatch(/^[0-9a-f]{16}$/);
  expect(first.stream).not.toBe(second.stream);
  expect([first.nextSequence(), first.nextSequence(), second.nextSequence()]).toEqual([0, 1, 0]);
});

test('where the machine has no boot id every process is a boot of its own', () => {
  const readText = (): string => {
    throw new Error('no such file');
  };
  const identity = createIdentity({ readText, randomHex: (digits) => 'f'.repeat(digits) });
  expect(identity.boot).toBe('ffffffffffffffff');
});
