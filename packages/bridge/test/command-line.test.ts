import { expect, test } from 'vitest';
import { parseCommandLine } from '../src/command-line.ts';

const parse = (...words: string[]) => parseCommandLine(words, '1.2.3');

test('every command is understood with its options', () => {
  expect(parse('run', '-C', 'b.yml')).toEqual({
    command: 'run',
    config: 'b.yml',
    level: 'info',
    json: false,
  });
  expect(parse('check', '--json')).toMatchObject({ command: 'check', json: true });
  expect(parse('status', '--json')).toMatchObject({ command: 'status', json: true });
  expect(
    parse('export', 'roof', '--from', '-24h', '--to', '5', '--tier', '2m', '--format', 'lp'),
  ).toMatchObject({
    ...{ command: 'export', device: 'roof', from: '-24h', to: '5', tier: '2m', format: 'lp' },
  });
  expect(parse('export', 'roof')).toEqual({
    ...{ command: 'export', device: 'roof', tier: 'raw', format: 'csv' },
    ...{ level: 'info', json: false },
  });
});

test.each([
  [['rnu'], /^unknown command 'rnu'; did you mean "run"/],
  [
    [],
    /^a command is missing: run, check, status, export, replay, backup, readmit, restore, report, dashboards, user, device;/,
  ],
  [['device'], /^say device rename OLD NEW, device merge OLD OTHER or device delete NAME;/],
  [['user'], /^say user add NAME, user remove NAME or user list;/],
  [['export'], /^missing required argument 'device'/],
  [['export', 'roof', '--format', 'cvs'], /^--format is one of csv, jsonl, lp; did you mean "csv"\?/],
])('%j is explained', (words, explanation) => {
  expect(() => parse(...words)).toThrow(explanation);
});
