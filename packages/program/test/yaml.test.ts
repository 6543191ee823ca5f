import { describe, expect, test } from 'vitest';
import { ConfigurationError, parseYaml, toPlain } from '../src/index.ts';

const plain = (text: string) => toPlain(parseYaml({ file: 'agent.yml', text }));

function problems(text: string): string {
  try {
    parseYaml({ file: 'agent.yml', text });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('no problem was found');
}

describe('scalars', () => {
  test.each([
    ['an address that is a number in base 60', '10:20:30:40:50:59'],
    ['twelve digits', '102030405059'],
    ['a key that is a float', '12345678901234567890123456789e10'],
    ['a key of digits beyond every number', '12345678901234567890123456789012'],
    ['leading zeros', '000123'],
    ['a word that is a boolean', 'yes'],
    ['a date', '2026-07-22'],
    ['hexadecimal', '0x10'],
  ])('%s stays as it is written', (_, written) => {
    expect(plain(`key: ${written}\nlist: [${written}]`)).toEqual({ key: written, list: [written] });
  });

  test('a key without a value is as if it were not there, quoted emptiness is a text', () => {
    expect(plain('a:\nb: ~\nc: null\nd: ""\ne: "~"')).toEqual({
      a: undefined,
      b: undefined,
      c: undefined,
      d: '',
      e: '~',
    });
  });

  test('an empty file has no keys', () => {
    expect(plain('')).toEqual({});
    expect(plain('# only a comment\n')).toEqual({});
  });

  test('files with a byte order mark and with carriage returns are read', () => {
    expect(plain('\ufeffa: 1\r\nb: x\r\n')).toEqual({ a: '1', b: 'x' });
  });

  test('a key of the language itself is only a key', () => {
    expect(JSON.stringify(plain('__proto__: { a: b }\nconstructor: c'))).toBe(
      '{"__proto__":{"a":"b"},"constructor":"c"}',
    );
  });
});

describe('what is no YAML is said once, with its place', () => {
  test('a line indented too far', () => {
    expect(problems('mqtt:\n  host: a\n    port: 1\ndevices: [')).toBe(
      'agent.yml:3:5: not YAML: the indentation does not fit: keys of one level begin in the same column, a value ' +
        'stands after ": "',
    );
  });

  test('a line indented too little', () => {
    expect(problems('mqtt:\n    host: a\n  port: 1\n')).toMatch(/^agent\.yml:3:1: not YAML: the indentation/);
  });

  test('a tab', () => {
    expect(problems('mqtt:\n\thost: a\n')).toMatch(/^agent\.yml:2:1: not YAML: a tab stands here/);
  });

  test('a bracket that is never closed', () => {
    expect(problems('a: 1\ntopics: [x, y\n')).toMatch(/^agent\.yml:[23]:\d+: not YAML: /);
  });

  test('a quote that is never closed', () => {
    expect(problems('a: 1\nb: "x\n')).toMatch(/^agent\.yml:[23]:\d+: not YAML: something is not closed/);
  });

  test('a list or a text instead of keys', () => {
    expect(problems('- a\n- b')).toBe('agent.yml:1:1: expected keys (key: value), found a list');
    expect(problems('hello')).toBe('agent.yml:1:1: expected keys (key: value), found a text');
  });

  test('a second document', () => {
    expect(problems('a: 1\n---\nb: 2\n')).toMatch(/^agent\.yml:2:1: not YAML: a second document/);
  });
});

test('a variable inside braces, which YAML cannot read without quotes', () => {
  expect(problems(`mqtt: { host: \${HOST}, port: 1 }\n`)).toBe(
    `agent.yml:1:16: not YAML: inside { } and [ ] a \${NAME} must be in quotes: "\${NAME}"`,
  );
  expect(problems('mqtt: { host: {}x, port: 1 }\n')).not.toContain('NAME');
});

test('a key that stands twice is named with the line of the first', () => {
  expect(problems('mqtt:\n  host: a\n  port: 1\n  host: b\n')).toBe(
    'agent.yml:4:3: mqtt.host: this key stands here twice (first in line 2)',
  );
});

test('nesting is bounded', () => {
  const nested = (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(problems(nested(40))).toMatch(/^agent\.yml:1:36: a(\[0\]){32}: nested more than 32 levels deep$/);
  expect(problems(nested(10_000))).toMatch(/^agent\.yml:1:\d+: /);
});

test.each(['&', '*', '!', '@', '`', '%', '"', "'", '[', '{', '|', '>'])(
  'a password that begins with %s and is not quoted is never printed',
  (sign) => {
    for (const text of [`password: ${sign}hunter2\n`, `password: ${sign}hunter2 hunter2\nb: 1\n`]) {
      let message = '';
      try {
        parseYaml({ file: 'agent.yml', text });
      } catch (error) {
        message = String(error);
      }
      expect(message).not.toContain('hunter2');
    }
  },
);

test.each([
  ['&hunter2 x', '&'],
  ['*hunter2', '*'],
  ['!hunter2', '!'],
])('a value %s is not taken for what YAML makes of it', (value, sign) => {
  expect(problems(`password: ${value}`)).toContain(`a text that begins with ${sign} must be in quotes`);
});
