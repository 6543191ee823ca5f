// The loader of the packaged agent, in processes of its own: what a script exports never depends on what was kept of it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const loader = fileURLToPath(new URL('../package/load-script.ts', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wattline-load-script-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const script = (word: string): void =>
  writeFileSync(
    join(folder, 'script.js'),
    `'use strict';
const { basename } = require('node:path');
function greet() { return '${word} from ' + basename(__filename); }
module.exports = { greet };
`,
  );

function run({ keeps, exitCode = 0 }: { keeps: boolean; exitCode?: number }): string {
  const program = `
    import { loadScript } from ${JSON.stringify(loader)};
    process.stdout.write(loadScript(${JSON.stringify(join(folder, 'script.js'))}, ${keeps}).greet());
    process.exitCode = ${exitCode};`;
  const options = { encoding: 'utf8', stdio: 'pipe' } as const;
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
  try {
    return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { ...options, env });
  } catch (error) {
    if (exitCode === 0) throw error;
    return (error as { stdout: string }).stdout;
  }
}

const keptFiles = (): string[] =>
  readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('script.js'))
    .map((name) => join(folder, 'cache', name));

function keptFile(): string {
  const [file, ...others] = keptFiles();
  expect(others).toEqual([]);
  if (file === undefined) throw new Error('nothing was kept');
  return file;
}

test('the functions of a round that ended well are kept, and taken by the next ones', () => {
  script('hello');
  expect(run({ keeps: true })).toBe('hello from script.js');
  const { ino } = statSync(keptFile());
  expect(run({ keeps: true })).toBe('hello from script.js');
  expect(run({ keeps: false })).toBe('hello from script.js');
  expect(statSync(keptFile()).ino).toBe(ino);
});

test('a new version of the same length is the one that runs', () => {
  script('hello');
  run({ keeps: true });
  const before = readFileSync(keptFile());
  script('howdy');
  expect(run({ keeps: false })).toBe('howdy from script.js');
  expect(run({ keeps: true })).toBe('howdy from script.js');
  expect(readFileSync(keptFile()).equals(before)).toBe(false);
});

test('what is damaged or cut off is not taken, and made anew', () => {
  script('hello');
  run({ keeps: true });
  const whole = readFileSync(keptFile());
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(whole.readUInt8(whole.length - 9) ^ 1, whole.length - 9);
  for (const damaged of [flipped, whole.subarray(0, whole.length / 2), Buffer.alloc(3)]) {
    writeFileSync(keptFile(), damaged);
    expect(run({ keeps: false })).toBe('hello from script.js');
    expect(run({ keeps: true })).toBe('hello from script.js');
    expect(readFileSync(keptFile()).length).toBeGreaterThan(damaged === flipped ? 8 : damaged.length);
    expect(readFileSync(keptFile()).equals(damaged)).toBe(false);
  }
});

test('a round that failed, or that is not asked to, leaves nothing', () => {
  script('hello');
  expect(run({ keeps: true, exitCode: 3 })).toBe('hello from script.js');
  expect(run({ keeps: false })).toBe('hello from script.js');
  expect(keptFiles()).toEqual([]);
});

test('where nothing can be written it runs all the same', () => {
  script('hello');
  run({ keeps: true });
  const file = keptFile();
  rmSync(file);
  mkdirSync(join(file, 'in the way'), { recursive: true });
  expect(run({ keeps: true })).toBe('hello from script.js');
  expect(keptFiles()).toEqual([file, join(file, 'in the way')]);
});
