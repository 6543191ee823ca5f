import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Words for Node: a program whose `main` is `body`. */
const programOf = (body: string): string[] => [
  '--input-type=module',
  '-e',
  `
    import { ConfigurationError, OperationError, UsageError, createLog, runProgram } from ${JSON.stringify(entry)};
    const write = (lines) => process.stderr.write(lines);
    const log = createLog({ level: 'info', style: 'journal', colour: false, write });
    await runProgram(async (signal) => { ${body} }, { log, process });
  `,
];

/** It, in a process of its own. */
function start(body: string) {
  const child = spawn(process.execPath, programOf(body), { stdio: 'pipe' });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (error += chunk));
  const end = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, out, error }));
  const printed = async (text: string): Promise<void> => {
    while (out !== text) await once(child.stdout, 'data');
  };
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, end, printed };
}

describe('a program ends', () => {
  test('with the code that it returns, and all its output written, whatever is still open', async () => {
    const { end } = start(`
      setInterval(() => undefined, 1000);
      process.stdout.write('x'.repeat(300_000));
      return 3;
    `);
    const { code, out, error } = await end;
    expect([code, out.length, error]).toEqual([3, 300_000, '']);
  });

  test('with 2 and the lines of every problem when its configuration is wrong', async () => {
    const { end } = start(`
      const problem = (line) => ({ place: { file: 'a.yml', line, column: 2 }, path: 'x', text: 'wrong' });
      throw new ConfigurationError([problem(7), problem(3)]);
    `);
    expect(await end).toEqual({
      code: 2,
      out: '',
      error: '<3>ERROR a.yml:3:2: x: wrong\n<3>ERROR a.yml:7:2: x: wrong\n',
    });
  });

  test('with 2 and one line when it is used wrongly', async () => {
    const { code, error } = await start(`throw new UsageError('no such command');`).end;
    expect([code, error]).toEqual([2, '<3>ERROR no such command\n']);
  });

  test.each([
    ['what cannot be', `throw new OperationError('the store is newer')`, /^<3>ERROR the store is newer\n$/],
    [
      'a file that the system refuses',
      `(await import('node:fs')).openSync('/nowhere/copy', 'wx')`,
      /^<3>ERROR ENOENT: no such file or directory, open '\/nowhere\/copy'\n$/,
    ],
  ])('with 1 and one line for %s', async (_, body, line) => {
    const { code, error } = await start(`${body};`).end;
    expect(code).toBe(1);
    expect(error).toMatch(line);
  });

  test.each([
    ['thrown', `throw new Error('bug')`],
    [
      'in a callback',
      `setTimeout(() => { throw new Error('bug'); }, 1); return new Promise(() => undefined)`,
    ],
    [
      'in a promise nobody waits for',
      `Promise.reject(new Error('bug')); return new Promise(() => undefined)`,
    ],
  ])('with 1 and the stack for what nobody foresaw: %s', async (_, body) => {
    const { code, error } = await start(`setInterval(() => undefined, 1000); ${body};`).end;
    expect(code).toBe(1);
    expect(error).toMatch(/^<3>ERROR Error: bug\n<3>ERROR {5}at /);
  });

  test('with 1 and why when its output does not fit on the disk', () => {
    const disk = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(disk));
    const program = programOf(`process.stdout.write('a reading'); return 0;`);
    const { status, stderr } = spawnSync(process.execPath, program, {
      stdio: ['ignore', disk, 'pipe'],
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([
      1,
      '<3>ERROR standard output cannot be written: ENOSPC: no space left on device, write\n',
    ]);
  });

  test('with 0 when the reader of its output has gone', async () => {
    const { child, end } = start(`
      setInterval(() => process.stdout.write('line\\n'), 1);
      return new Promise(() => undefined);
    `);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { code, error } = await end;
    expect([code, error]).toEqual([0, '']);
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('a repeated %s means the same as the first', async (name) => {
  const { child, end, printed } = start(`
    setInterval(() => undefined, 1000);
    process.on(${JSON.stringify(name)}, () => process.stdout.write('.'));
    process.stdout.write('ready');
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        process.stdout.write(' aborted');
        process.stdin.on('data', () => resolve(4));
      });
    });
  `);
  await printed('ready');
  child.kill(name);
  await printed('ready aborted.');
  child.kill(name);
  await printed('ready aborted..');
  child.stdin.write('finish');
  expect(await end).toEqual({ code: 4, out: 'ready aborted..', error: '' });
});
