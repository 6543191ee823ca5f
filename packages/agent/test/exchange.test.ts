// One question at a time over a link: its tries, what is stepped over, and what may come too late.

import { type Exchange, ProtocolError, type Session, type Take } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { type Carrier, runSession } from '../src/reading/exchange.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { settle, virtualTime } from './virtual-time.ts';

/** An answer is `<` and one byte, like Modbus without a word about its question; `!` is damage, `~` noise. */
const take: Take = (received) => {
  if (received[0] === 0x21) throw new ProtocolError('corrupt', 'damage', 1);
  if (received[0] !== 0x3c) throw new ProtocolError('corrupt', 'noise');
  return received.length < 2 ? undefined : { used: 2, answer: received.subarray(1, 2) };
};
const ask = (letter: string, tries = 1): Exchange => ({
  ...{ request: Buffer.from(letter), take, tries, timeoutMs: 1000 },
});

function carried(session: Session<string>, more: Partial<Carrier> = {}) {
  const time = virtualTime();
  const written: string[] = [];
  const damaged: string[] = [];
  const buffer = createChunkBuffer();
  const result = runSession(session, {
    link: {
      read: buffer.read,
      async write(bytes) {
        buffer.forget();
        written.push(Buffer.from(bytes).toString());
      },
      close: async () => {},
    },
    ...{
      forms: ['..'],
      namesQuestion: true,
      startTimer: time.startTimer,
      signal: new AbortController().signal,
    },
    damaged: (message) => damaged.push(message),
    ...more,
  });
  result.catch(() => {});
  const say = async (atMs: number, text: string) => {
    await time.passTo(atMs);
    buffer.push(Buffer.from(text));
    await settle();
  };
  return { time, written, damaged, result, say };
}

function* two(): Session<string> {
  const a = yield ask('a', 2);
  const b = yield ask('b', 2);
  return Buffer.from([...a, ...b]).toString();
}

test('where answers do not name their question, a late one to an earlier try is waited out', async () => {
  const { say, result, written, time } = carried(two(), { namesQuestion: false });
  await time.passTo(1000);
  await say(1100, '<A');
  // To the second try, while the next question would already be asked.
  await say(1200, '<A');
  expect(written).toEqual(['a', 'a']);
  await time.passTo(2100);
  expect(written).toEqual(['a', 'a', 'b']);
  await say(2200, '<B');
  expect(await result).toBe('AB');
});

test('where answers name their question nothing is waited for', async () => {
  const { say, written, time } = carried(two());
  await time.passTo(1000);
  await say(1100, '<A');
  expect(written).toEqual(['a', 'a', 'b']);
});

test('noise and damage before an answer are stepped over, and damage is said once', async () => {
  const { say, result, damaged } = carried(two());
  await say(0, '~~!~<');
  await say(10, 'A');
  await say(20, '!');
  await say(30, '<B');
  expect(await result).toBe('AB');
  expect(damaged).toEqual(['damage', 'damage']);
});

test('a question that fails is thrown into the conversation, which may go on', async () => {
  const { time, say, result } = carried(
    (function* (): Session<string> {
      try {
        yield ask('a');
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        const answer = yield ask('b');
        return `${error.code} ${Buffer.from(answer).toString()}`;
      }
      return 'answered';
    })(),
  );
  await time.passTo(1000);
  await say(1100, '<B');
  expect(await result).toBe('silent B');
});

test('an abort ends it with its own reason and leaves no timer', async () => {
  const stop = new AbortController();
  const { result, time } = carried(two(), { signal: stop.signal });
  await time.passTo(500);
  stop.abort(new Error('enough'));
  await expect(result).rejects.toThrow('enough');
  expect(time.pending()).toBe(0);
});

test('a flood that never becomes an answer ends the question, bounded', async () => {
  const endless: Exchange = { request: Buffer.from('a'), take: () => undefined };
  const { say, result } = carried(
    (function* (): Session<string> {
      yield endless;
      return '';
    })(),
  );
  for (let at = 0; at < 9; at++) await say(at, 'x'.repeat(1000));
  await expect(result).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining('no whole answer'),
  });
});

test('of what is one chunk an empty one says that the device does not have it; elsewhere it says nothing', async () => {
  function* value(isOneChunk?: true): Session<string> {
    return Buffer.from(yield { ...ask('a'), ...(isOneChunk ? { isOneChunk } : {}) }).toString();
  }
  const characteristic = carried(value(true));
  await characteristic.say(100, '');
  await expect(characteristic.result).rejects.toMatchObject({ code: 'refused' });
  const pipe = carried(value());
  await pipe.say(100, '');
  await pipe.say(200, '<A');
  expect(await pipe.result).toBe('A');
});
