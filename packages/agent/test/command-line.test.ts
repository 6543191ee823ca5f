import { expect, test } from 'vitest';
import { parseCommandLine } from '../src/command-line.ts';

const parse = (...words: string[]) => parseCommandLine(words, '1.2.3');

test('every command of the contract is understood with its options', () => {
  expect(parse('run')).toMatchObject({ command: 'run', level: 'info', json: false });
  expect(parse('--config', 'a.yml', 'once', 'roof', 'bank', '--deadline', '90s', '--json')).toMatchObject({
    command: 'once',
    config: 'a.yml',
    names: ['roof', 'bank'],
    deadlineMs: 90_000,
    json: true,
  });
  expect(parse('scan', '--for', '5s')).toMatchObject({ command: 'scan', forMs: 5000 });
  expect(parse('read', 'roof', '--raw')).toMatchObject({ command: 'read', name: 'roof', raw: true });
  expect(parse('check', '--offline')).toMatchObject({ command: 'check', offline: true });
  expect(parse('decode', '--jsonl')).toMatchObject({ command: 'decode', lines: true });
  expect(parse('decode', 'victron-ble', '1002', '--key', 'ab', '--json')).toMatchObject({
    command: 'decode',
    definition: 'victron-ble',
    bytes: ['1002'],
    key: 'ab',
  });
  expect(parse('record', 'roof', '--out', 'f.jsonl')).toMatchObject({
    command: 'record',
    out: 'f.jsonl',
    forMs: 60_000,
  });
  expect(parse('victron-keys', 'app.sqlite', '--json')).toMatchObject({
    command: 'victron-keys',
    file: 'app.sqlite',
  });
  expect(parse('devices')).toMatchObject({ command: 'devices' });
  expect(parse('outbox')).toMatchObject({ command: 'outbox' });
});

test('options for every command may stand before or behind it', () => {
  expect(parse('run', '--config', 'a.yml', '--debug')).toMatchObject({ config: 'a.yml', level: 'debug' });
  expect(parse('--replay', 'c.jsonl', 'read', 'roof')).toMatchObject({ replay: 'c.jsonl' });
});

test('the spellings of the replaced Victron tool mean what they meant', () => {
  expect(parse('-C', 'old.yml', '-d', '0', '--quiet')).toMatchObject({
    command: 'once',
    config: 'old.yml',
    names: ['0'],
    level: 'error',
  });
  expect(parse('-v')).toMatchObject({ command: 'print', text: '1.2.3' });
});

test('help is printed, not refused', () => {
  expect(parse('--help')).toMatchObject({ command: 'print', text: expect.stringContaining('victron-keys') });
  expect(parse('once', '--help')).toMatchObject({
    command: 'print',
    text: expect.stringContaining('--deadline'),
  });
});

test('help says a duration as it can be written', () => {
  expect(parse('scan', '--help')).toMatchObject({ text: expect.stringContaining('(default: 10s)') });
  expect(parse('record', '--help')).toMatchObject({ text: expect.stringContaining('(default: 60s)') });
});

test.each([
  [['onse'], /unknown command 'onse'.*did you mean.*once/i],
  [[], /a command is missing/],
  [['once', '--deadline', 'soon'], /--deadline takes a duration such as 30s or 5m, not "soon"/],
  [['record', 'roof'], /--out/],
  [['read'], /missing required argument 'name'/],
  [['scan', '--sideways'], /unknown option '--sideways'/],
])('%j is explained', (words, explanation) => {
  expect(() => parse(...words)).toThrow(explanation);
});
