import { describe, expect, test } from 'vitest';
import {
  createCommandLine,
  type Everywhere,
  everywhereOf,
  noCommand,
  parseWords,
} from '../src/command-line.ts';
import { UsageError } from '../src/index.ts';

const parse = (...words: string[]) =>
  parseWords<Everywhere & { readonly command: 'show' }>(words, (found) => {
    const program = createCommandLine({
      name: 'lantern',
      description: 'Shows light.',
      version: '1.2.3',
      places: './lantern.yml',
    });
    program
      .command('show')
      .option('--json', 'as JSON')
      .action(({ json }) => found({ command: 'show', ...everywhereOf(program, json) }));
    program.command('hide');
    return program.action(() => {
      throw noCommand(program);
    });
  });

describe('a command line', () => {
  test('without options is quiet about nothing and has no configuration', () => {
    expect(parse('show')).toEqual({ command: 'show', level: 'info', json: false });
  });

  test('takes the options for every command before and behind the command', () => {
    const asked = { command: 'show', config: 'a.yml', level: 'debug', json: true };
    expect(parse('-C', 'a.yml', '--debug', 'show', '--json')).toEqual(asked);
    expect(parse('show', '--json', '--config', 'a.yml', '--debug')).toEqual(asked);
    expect(parse('--quiet', 'show')).toMatchObject({ level: 'error' });
  });

  test('answers with its version and its help, also that of one command', () => {
    expect(parse('--version')).toMatchObject({ command: 'print', text: '1.2.3' });
    expect(parse('-v')).toMatchObject({ command: 'print', text: '1.2.3' });
    expect(parse('--help')).toMatchObject({
      command: 'print',
      text: expect.stringMatching(/configuration \(else \$WATTLINE_CONFIG,\s+\.\/lantern\.yml\)/),
    });
    expect(parse('show', '--help')).toMatchObject({
      command: 'print',
      text: expect.stringContaining('--json'),
    });
  });

  test.each([
    { words: [], says: 'a command is missing: show, hide; --help explains them' },
    { words: ['shwo'], says: 'unknown command \'shwo\'; did you mean "show"?; commands: show, hide' },
    { words: ['show', 'more'], says: /^too many arguments for 'show'/ },
    { words: ['show', '--sideways'], says: /^unknown option '--sideways'/ },
    { words: ['-C'], says: /^option '-C, --config <file>' argument missing/ },
  ])('$words is wrong use, in words', ({ words, says }) => {
    expect(() => parse(...words)).toThrow(UsageError);
    expect(() => parse(...words)).toThrow(says);
  });
});
