// The login of JBD's Bluetooth modules: captured conversations, and every way in which one can end.

import { describe, expect, test } from 'vitest';
import { redactRequest } from '../src/asking.ts';
import type { Contact } from '../src/device.ts';
import { jbd } from '../src/devices/jbd/index.ts';
import { login, mixJbdPassword } from '../src/devices/jbd/login.ts';
import { type Exchange, ProtocolError, takeOrSkip } from '../src/session.ts';
import { bytesOf, hexOf } from './vectors.ts';

const contact = (address: string, password?: string): Contact => ({
  medium: 'gatt',
  address,
  ...(password === undefined ? {} : { secret: new TextEncoder().encode(password) }),
});

/** What a module answers to each request, in hex; without one it is silent. A list is answered in its order. */
type Module = { readonly [request: string]: string | readonly string[] };

/** Runs a login. Returns every request; what it throws comes out. */
function logIn(to: Contact, module: Module, asking: (exchange: Exchange) => void = () => {}): string[] {
  const sent: string[] = [];
  const session = login(to);
  let step = session.next();
  while (!step.done) {
    const { request, take } = step.value;
    asking(step.value);
    const hex = hexOf(request);
    const before = sent.filter((one) => one === hex).length;
    sent.push(hex);
    const answers = module[hex] ?? module[`${hex.slice(0, 6)}…`];
    const answer = typeof answers === 'object' ? answers[Math.min(before, answers.length - 1)] : answers;
    if (answer === undefined || answer === '') {
      step = session.throw(new ProtocolError('silent', 'no answer'));
      continue;
    }
    try {
      const taken = takeOrSkip(take, bytesOf(answer)).answer;
      step =
        taken === undefined ? session.throw(new ProtocolError('silent', 'no answer')) : session.next(taken);
    } catch (error) {
      step = session.throw(error);
    }
  }
  return sent;
}

const probe = 'dda50300fffd77';
const appKey = 'ffaa15063030303030303b';
const random = 'ffaa170017';
const yes = { [appKey]: 'ffaa15010016', 'ffaa18…': 'ffaa18010019', 'ffaa1d…': 'ffaa1d01001e' };

describe('captured conversations', () => {
  test('of a module that takes the password 123123, with the random byte asked for twice', () => {
    const sent = logIn(contact('A4:C1:37:04:2D:BE', '123123'), { ...yes, [random]: 'ffaa1701374f' });
    expect(sent).toEqual([
      probe,
      appKey,
      random,
      'ffaa1806cc2a3b6c56c4d5',
      random,
      'ffaa1d0f25baaa9d9005ae9b58775a6967696afc',
    ]);
  });

  test('of a module that gives another random byte before the root password', () => {
    const module = { ...yes, [random]: ['ffaa1701243c', 'ffaa1701c9e1'] };
    expect(logIn(contact('10:A5:62:32:75:36', '123456'), module).slice(-3)).toEqual([
      'ffaa180645bb752a642445',
      random,
      'ffaa1d0f23b0ef19ca0f402dea09ecfbf9fbfc17',
    ]);
  });

  test('of a module that refuses the password 000000: nothing is tried again', () => {
    const module = { ...yes, [random]: 'ffaa1701627a', ffaa1806f65369967ff0d5: 'ffaa1801011a' };
    const wrong = () => logIn(contact('A4:C1:37:04:2D:BE', '000000'), module);
    expect(wrong).toThrow(
      expect.objectContaining({ code: 'key', message: expect.stringMatching(/^password:/) }),
    );
  });
});

test('the random byte is asked for once on a connection before the password: a late one would not be the last', () => {
  const tries: (number | undefined)[] = [];
  const module = { ...yes, [random]: 'ffaa1701374f' };
  logIn(contact('A4:C1:37:04:2D:BE', '123123'), module, (exchange) => {
    if (hexOf(exchange.request) === random) tries.push(exchange.tries);
  });
  expect(tries).toEqual([1, 1]);
});

describe('a login ends at once', () => {
  const basic = 'dd03001d0536ffcb4ff253340001309b0000000000004460030403' + '0bb70bbf0bb9f84c77';

  test('on a cable', () => {
    expect(logIn({ medium: 'serial' }, {})).toEqual([]);
  });

  test('when the board answers without one', () => {
    expect(logIn(contact('A4:C1:37:04:2D:BE', '123123'), { [probe]: basic })).toEqual([probe]);
  });

  test('when the board answers with a refusal', () => {
    expect(logIn(contact('A4:C1:37:04:2D:BE'), { [probe]: 'dd03810000 0077'.replace(' ', '') })).toEqual([
      probe,
    ]);
  });

  test('when the module has no password', () => {
    const module = { [appKey]: 'ffaa15010218' };
    expect(logIn(contact('A4:C1:37:04:2D:BE'), module)).toEqual([probe, appKey]);
  });
});

describe('a login fails with the reason', () => {
  const to = contact('A4:C1:37:04:2D:BE', '123123');
  test.each([
    ['the module returns every request: it wants to be paired', to, { [probe]: probe }, 'key', 'paired'],
    ['nobody answers', to, {}, 'silent', 'no answer'],
    ['the app key is refused', to, { [appKey]: 'ffaa15010117' }, 'key', 'app key'],
    ['no password is configured', contact('A4:C1:37:04:2D:BE'), yes, 'key', 'password: missing'],
    ['no random byte comes', to, yes, 'silent', 'no answer'],
    ['the random byte is missing', to, { ...yes, [random]: 'ffaa170017' }, 'corrupt', 'random'],
    ['the password stays unanswered', to, { ...yes, [random]: 'ffaa1701374f', 'ffaa18…': '' }, 'silent', ''],
    [
      'the password is answered with neither yes nor no',
      to,
      { ...yes, [random]: 'ffaa1701374f', 'ffaa18…': 'ffaa1801051e' },
      'corrupt',
      'answers the password with 5',
    ],
  ])('%s', (_, device, module, code, message) => {
    const attempt = () => logIn(device, module as Module);
    expect(attempt).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('the root password', () => {
  const to = contact('A4:C1:37:04:2D:BE', '123123');

  test.each([
    ['refused', 'ffaa1d01011f'],
    ['unanswered', ''],
  ])('%s leaves the board readable', (_, answer) => {
    const module = { ...yes, [random]: 'ffaa1701374f', 'ffaa1d…': answer };
    expect(logIn(to, module)).toHaveLength(6);
  });

  test('is mixed with the old random byte when no new one comes', () => {
    const module = { ...yes, [random]: ['ffaa1701374f', ''] };
    expect(logIn(to, module).at(-1)).toBe('ffaa1d0f25baaa9d9005ae9b58775a6967696afc');
  });
});

test('a recording holds no password, mixed or not', () => {
  const mixed = bytesOf('ffaa1806cc2a3b6c56c4d5');
  expect(redactRequest(jbd, mixed)).toEqual(bytesOf('ffaa180600000000000000'));
  expect(redactRequest(jbd, bytesOf(appKey))).toBeUndefined();
  expect(redactRequest(jbd, bytesOf(probe))).toBeUndefined();
});

test('beyond six characters the address counts as zero', () => {
  const mixed = mixJbdPassword(new TextEncoder().encode('JBDbtpwd'), 'A4:C1:37:04:2D:BE', 0x37);
  expect(hexOf(mixed)).toBe('25baaa9d9005ae9b');
});
