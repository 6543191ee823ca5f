import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTerminal, formatTable } from '../src/index.ts';

function opened({
  isTTY = true,
  environment = {},
}: {
  isTTY?: boolean;
  environment?: Record<string, string>;
} = {}) {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  const terminal = createTerminal({ stdout, stderr, environment });
  const text = (stream: PassThrough): string => stream.read()?.toString() ?? '';
  return { terminal, out: () => text(stdout), error: () => text(stderr) };
}

test('a table has columns as wide as their cells, numbers to the right, and nothing that moves the cursor', () => {
  expect(
    formatTable(
      ['name', 'dBm'],
      [
        ['roof', -61],
        ['shunt\u001b[2J', 7],
      ],
    ),
  ).toEqual(['name          dBm', 'roof          -61', 'shunt\\x1b[2J    7']);
  expect(formatTable(['a', 'b'], [])).toEqual(['a  b']);
});

test('data goes to standard output, one JSON a line', () => {
  const { terminal, out, error } = opened();
  terminal.printJson({ a: [1, null] });
  terminal.printLine('x');
  terminal.printTable(['a'], [['b']]);
  expect(out()).toBe('{"a":[1,null]}\nx\na\nb\n');
  expect(error()).toBe('');
});

test('there is colour on a terminal only, and not for who does not want it', () => {
  expect(opened().terminal.colour).toBe(true);
  expect(opened({ isTTY: false }).terminal.colour).toBe(false);
  expect(opened({ environment: { NO_COLOR: '1' } }).terminal.colour).toBe(false);
  expect(opened({ environment: { NO_COLOR: '' } }).terminal.colour).toBe(true);
  expect(opened({ environment: { TERM: 'dumb' } }).terminal.colour).toBe(false);
});

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is shown after a second, kept below the lines of log and data, and cleared at the end', () => {
    const { terminal, out, error } = opened();
    let heard = 0;
    const progress = terminal.progress(() => `${heard} devices heard, waiting for more`);
    vi.advanceTimersByTime(999);
    expect(error()).toBe('');
    vi.advanceTimersByTime(1);
    expect(error()).toBe('\r\u001b[K0 devices heard, wa');
    vi.advanceTimersByTime(400);
    expect(error()).toBe('');
    heard = 1;
    vi.advanceTimersByTime(200);
    expect(error()).toBe('\r\u001b[K1 devices heard, wa');
    terminal.writeError('12:00:00 INFO  x\n');
    expect(error()).toBe('\r\u001b[K12:00:00 INFO  x\n\r\u001b[K1 devices heard, wa');
    terminal.printLine('y');
    expect([out(), error()]).toEqual(['y\n', '\r\u001b[K\r\u001b[K1 devices heard, wa']);
    progress.done();
    expect(error()).toBe('\r\u001b[K');
    vi.advanceTimersByTime(5000);
    expect(error()).toBe('');
  });

  test('of less than a second, or without a terminal, is never shown', () => {
    const short = opened();
    short.terminal.progress(() => 'x').done();
    const file = opened({ isTTY: false });
    file.terminal.progress(() => 'x');
    vi.advanceTimersByTime(5000);
    expect([short.error(), file.error()]).toEqual(['', '']);
  });
});
