import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  durationMs,
  editDistance,
  hostPort,
  hostPortOf,
  isLoopback,
  makeSecret,
  nearest,
  sizeBytes,
  url,
  wholeNumber,
  yesOrNo,
} from '../src/index.ts';

const value = (schema: { safeParse(text: unknown): { data?: unknown } }, text: string) =>
  schema.safeParse(text).data;

describe('durations', () => {
  test.each([
    ['27s', 27_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1y', 31_536_000_000],
    ['10y', 315_360_000_000],
  ])('%s', (text, ms) => expect(value(durationMs(), text)).toBe(ms));

  test.each(['', '5', 's', '5 m', '-5s', '1.5h', '5S', '0s', '5ms', '1e3s', 'forever', '101y', '1234567s'])(
    '"%s" is none',
    (text) => expect(value(durationMs(), text)).toBeUndefined(),
  );

  test('forever is one where it is allowed', () => {
    expect(value(durationMs({ forever: true }), 'forever')).toBe(Number.POSITIVE_INFINITY);
  });

  test('bounds belong to them', () => {
    const bounded = durationMs({ min: '10s', max: '1m' });
    expect(['9s', '10s', '60s', '61s'].map((text) => value(bounded, text))).toEqual([
      undefined,
      10_000,
      60_000,
      undefined,
    ]);
    expect(bounded.safeParse('9s').error?.issues[0]?.message).toBe(
      'a duration such as 27s, 5m, 2h, 7d, 1y, from 10s to 1m',
    );
  });
});

describe('sizes', () => {
  test.each([
    ['1KiB', 1024],
    ['64MiB', 67_108_864],
    ['20GiB', 21_474_836_480],
    ['1TiB', 1_099_511_627_776],
  ])('%s', (text, bytes) => expect(value(sizeBytes(), text)).toBe(bytes));

  test.each(['', '64', '64MB', '64 MiB', '64mib', '1.5GiB', '-1GiB', '0GiB', '1001TiB'])(
    '"%s" is none',
    (text) => expect(value(sizeBytes(), text)).toBeUndefined(),
  );
});

describe('numbers and words', () => {
  test.each(['', '0', '65536', '99999', '1.0', '0x10', '1e3', ' 1', '+1', '-1', '1'.repeat(20)])(
    '"%s" is no port',
    (text) => expect(value(wholeNumber(1, 65_535), text)).toBeUndefined(),
  );

  test('every port is one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        expect(value(wholeNumber(1, 65_535), String(port))).toBe(port);
      }),
    );
  });

  test('yes and no in the spellings of YAML 1.1', () => {
    expect(['true', 'Yes', 'ON'].map((text) => value(yesOrNo(), text))).toEqual([true, true, true]);
    expect(['False', 'no', 'off'].map((text) => value(yesOrNo(), text))).toEqual([false, false, false]);
    expect(value(yesOrNo(), '1')).toBeUndefined();
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:1883', { host: '127.0.0.1', port: 1883 }],
    ['[::1]:1883', { host: '::1', port: 1883 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('%s', (text, expected) => expect(value(hostPort(), text)).toEqual(expected));

  test.each([
    '',
    '1883',
    ':1883',
    '127.0.0.1',
    '127.0.0.1:65536',
    '::1:1883',
    '[localhost]:1',
    '[1234]:1',
    'a b:1',
    'a:',
  ])('"%s" is none', (text) => expect(value(hostPort(), text)).toBeUndefined());

  test('loopback is this machine only', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'LOCALHOST'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['0.0.0.0', '::', '192.168.1.1', '127.example.org', 'example.org'].map(isLoopback)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  test('a URL has no user and password, and one of the protocols', () => {
    const broker = url({ protocols: ['mqtt', 'mqtts'], example: 'mqtt://a' });
    expect(broker.safeParse('mqtt://solar:hunter2@a').error?.issues[0]?.message).toBe(
      'a URL must not hold user and password: they have keys of their own',
    );
    expect(['http://a', 'mqtt:', 'a:1883', ''].map((text) => value(broker, text))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(hostPortOf(new URL('mqtts://[::1]:7'), 8883)).toEqual({ host: '::1', port: 7 });
    expect(hostPortOf(new URL('mqtts://a'), 8883)).toEqual({ host: 'a', port: 8883 });
  });
});

describe('suggestions', () => {
  test('the distance counts insertions, deletions, replacements and swapped neighbours', () => {
    expect(
      [
        ['', 'abc'],
        ['host', 'host'],
        ['hots', 'host'],
        ['kitten', 'sitting'],
        ['ab', 'ba'],
      ].map(([a = '', b = '']) => editDistance(a, b)),
    ).toEqual([3, 0, 1, 3, 1]);
  });

  test('the distance is the same both ways and never more than the longer word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
    );
  });

  test('only what is near is suggested', () => {
    expect(nearest('adress', ['address', 'adapter'])).toBe('address');
    expect(nearest('Key', ['key', 'name'])).toBe('key');
    expect(nearest('colour', ['key', 'name'])).toBeUndefined();
  });
});

test('a secret shows itself only to who asks for it', async () => {
  const { inspect, format } = await import('node:util');
  const secret = makeSecret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  const dumps = [
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    format('%s %o %j', secret, secret, secret),
    `${secret}`,
    JSON.stringify(Object.entries(secret)),
  ];
  for (const dump of dumps) expect(dump).not.toContain('hunter2');
});
