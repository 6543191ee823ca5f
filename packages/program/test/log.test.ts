import { openSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createLog, createRedactor, createRepeats, type LogOptions, logStyleOf } from '../src/index.ts';
import { scratchFolder } from './scratch-folder.ts';

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    style: 'journal',
    colour: false,
    write: (line) => lines.push(line),
    // A local time, whatever the zone of the machine.
    nowMs: () => new Date(2026, 6, 2, 4, 3, 7).getTime(),
    ...options,
  });
  return { log, lines };
}

describe('a line', () => {
  const say = (options: Partial<LogOptions>) => {
    const { log, lines } = logged(options);
    log.error('e');
    log.warn('w');
    log.info('i');
    log.debug('d');
    return lines;
  };

  test('in the journal has a priority and no time', () => {
    expect(say({ style: 'journal' })).toEqual(['<3>ERROR e\n', '<4>WARN w\n', '<6>INFO i\n', '<7>DEBUG d\n']);
  });

  test('on a terminal has a short time', () => {
    expect(say({ style: 'terminal' })).toEqual([
      '04:03:07 ERROR e\n',
      '04:03:07 WARN  w\n',
      '04:03:07 INFO  i\n',
      '04:03:07 DEBUG d\n',
    ]);
    expect(say({ style: 'terminal', colour: true })[1]).toBe('04:03:07 \u001b[33mWARN \u001b[0m w\n');
  });

  test('in a file has the date', () => {
    expect(say({ style: 'file' })[0]).toBe('2026-07-02 04:03:07 ERROR e\n');
  });

  test('below the level is not written', () => {
    expect(say({ level: 'error' })).toEqual(['<3>ERROR e\n']);
    expect(say({ level: 'info' })).toHaveLength(3);
  });

  test('ends with what caused it, with the stack only for who debugs', () => {
    const cause = new Error('no route');
    const { log, lines } = logged({ level: 'info' });
    log.warn('broker not reached', cause);
    log.warn('broker not reached', 'a text');
    expect(lines).toEqual(['<4>WARN broker not reached: no route\n', '<4>WARN broker not reached: a text\n']);
    const debugged = logged({ level: 'debug' });
    debugged.log.warn('broker not reached', cause);
    expect(debugged.lines[0]).toMatch(/^<4>WARN broker not reached: no route\n(<4>WARN {5}at .*\n)+$/);
  });

  test('cannot be forged, nor the terminal moved, by what was heard', () => {
    const { log, lines } = logged();
    log.info('heard "a\n<0>EMERG b\u001b[2J\u2028\u009b"');
    expect(lines).toEqual(['<6>INFO heard "a\\x0a<0>EMERG b\\x1b[2J\\x2028\\x9b"\n']);
  });
});

describe('a secret', () => {
  const key = '00112233445566778899aabbccddeeff';

  test('appears in no line, in no spelling', () => {
    const redactor = createRedactor([key]);
    const { log, lines } = logged({ redactor });
    redactor.hide('pass"wörd');
    const error = new Error(`key ${key.toUpperCase()} refused`);
    log.error(`key ${key}`, error);
    log.debug('login', new Error('pass"wörd'));
    log.debug(JSON.stringify({ password: 'pass"wörd' }));
    log.debug(`mqtt://a:${encodeURIComponent('pass"wörd')}@b`);
    log.debug(
      `sent ${Buffer.from('pass"wörd').toString('hex')} ${Buffer.from('pass"wörd').toString('base64')}`,
    );
    const all = lines.join('');
    expect(all).not.toMatch(/0011|wörd|w%C3|cGFzcyJ3|70617373/i);
    expect(lines.at(-1)).toBe('<7>DEBUG sent (secret) (secret)\n');
  });

  test('of a few characters is hidden as a word, and leaves other words alone', () => {
    const { clean } = createRedactor(['1234', 'a']);
    expect(clean('PIN 1234, 12345 readings, a=a, barn')).toBe(
      'PIN (secret), 12345 readings, (secret)=(secret), barn',
    );
  });

  test('that contains another is hidden as a whole', () => {
    expect(createRedactor(['hunter2', 'hunter2000']).clean('x hunter2000 y')).toBe('x (secret) y');
  });

  test('without text hides nothing', () => {
    expect(createRedactor(['']).clean('a line, and more')).toBe('a line, and more');
  });
});

describe('the style', () => {
  test('is the journal’s only when standard error is the stream that the journal named', () => {
    const file = `${scratchFolder({ 'stderr.log': '' })}/stderr.log`;
    const { dev, ino } = statSync(file);
    const fd = openSync(file, 'r');
    expect(logStyleOf({ fd }, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe('journal');
    expect(logStyleOf({ fd }, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe('file');
    expect(logStyleOf({ fd }, {})).toBe('file');
    expect(logStyleOf({ fd, isTTY: true }, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe('terminal');
  });
});

describe('a fault that goes on', () => {
  test('is said once, counted, said again when it changes, and closed when it ends', () => {
    const { log, lines } = logged({ level: 'info' });
    const repeats = createRepeats(log);
    for (let time = 0; time < 13; time++) repeats.fault('roof', 'roof: no answer');
    repeats.fault('roof', 'roof: wrong key', 'error');
    repeats.fault('shunt', 'shunt: no answer');
    expect([repeats.count('roof'), repeats.count('shunt'), repeats.count('other')]).toEqual([14, 1, 0]);
    repeats.ended('roof', 'roof: heard again');
    repeats.ended('roof', 'roof: heard again');
    repeats.ended('shunt', 'shunt: heard again');
    repeats.fault('roof', 'roof: no answer');
    expect(lines).toEqual([
      '<4>WARN roof: no answer\n',
      '<3>ERROR roof: wrong key\n',
      '<4>WARN shunt: no answer\n',
      '<6>INFO roof: heard again after 14 times\n',
      '<6>INFO shunt: heard again after 1 time\n',
      '<4>WARN roof: no answer\n',
    ]);
  });

  test('is still there for who debugs', () => {
    const { log, lines } = logged();
    const repeats = createRepeats(log);
    repeats.fault('roof', 'no answer');
    repeats.fault('roof', 'no answer');
    expect(lines).toEqual(['<4>WARN no answer\n', '<7>DEBUG no answer (2 times)\n']);
  });

  test('is forgotten, the oldest first, when there are more than anybody has', () => {
    const { log } = logged({ level: 'error' });
    const repeats = createRepeats(log);
    for (let device = 0; device <= 1000; device++) repeats.fault(`${device}`, 'no answer');
    expect([repeats.count('0'), repeats.count('1'), repeats.count('1000')]).toEqual([0, 1, 1]);
  });
});
