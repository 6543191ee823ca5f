// What every link must do. A rig brings the way to connect and the device at the other end.

import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { type Connect, type Link, TransportError } from '../src/transport.ts';

export interface LinkRig {
  /** Connects; the device then sends these chunks. */
  connect(chunks: readonly Uint8Array[]): Promise<Link>;
  /** The device sends these chunks; absent where it cannot without connecting. */
  say?(chunks: readonly Uint8Array[]): void;
  /** The way to connect by itself. */
  readonly raw: Connect;
  /** What the device got, once it got that many bytes; absent where nobody takes them. */
  received?(count: number): Promise<Buffer>;
  /** The device answers a question; must be called before the question is asked. */
  answer(question: Uint8Array, answer: Uint8Array): void;
  /** Takes the device away. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

async function readBytes(link: Link, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) bytes = Buffer.concat([bytes, await link.read(never)]);
  return bytes;
}

export function describeLink(name: string, open: () => Promise<LinkRig>): void {
  describe(name, () => {
    const closers: (() => Promise<void>)[] = [];
    const openRig = async (): Promise<LinkRig> => {
      const rig = await open();
      closers.push(() => rig.close());
      return {
        ...rig,
        async connect(chunks) {
          const link = await rig.connect(chunks);
          closers.push(() => link.close());
          return link;
        },
      };
    };
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    test('bytes arrive unaltered and in order', async () => {
      const chunks = [
        randomBytes(1),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        randomBytes(700),
      ];
      const rig = await openRig();
      const link = await rig.connect(chunks);
      const all = Buffer.concat(chunks);
      expect((await readBytes(link, all.length)).toString('hex')).toBe(all.toString('hex'));
    });

    test('an answer comes after its question, and what came before the question is forgotten', async () => {
      const rig = await openRig();
      rig.answer(Buffer.from('question'), Buffer.from('answer'));
      const link = await rig.connect([Buffer.from('stale and noisy')]);
      await readBytes(link, 1);
      await link.write(Buffer.from('question'));
      expect(await rig.received?.(8)).toEqual(rig.received && Buffer.from('question'));
      expect((await readBytes(link, 6)).toString()).toBe('answer');
    });

    test('an abort ends a pending read at once, and the next read goes on', async () => {
      const rig = await openRig();
      rig.answer(Buffer.from('?'), Buffer.from('!'));
      const link = await rig.connect([]);
      const abort = new AbortController();
      const pending = link.read(abort.signal);
      abort.abort(new Error('enough'));
      await expect(pending).rejects.toThrow('enough');
      await link.write(Buffer.from('?'));
      expect((await readBytes(link, 1)).toString()).toBe('!');
    });

    test('an abort before connecting connects nothing', async () => {
      const rig = await openRig();
      await expect(rig.raw(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    });

    test('a device that goes away is a transport error, and can be connected again when it is back', async () => {
      const rig = await openRig();
      const link = await rig.connect([Buffer.from('before')]);
      await readBytes(link, 6);
      const pending = link.read(never).catch((reason: unknown) => reason);
      await rig.unplug();
      const error = await pending;
      expect(error).toBeInstanceOf(TransportError);
      expect(error).toMatchObject({ code: 'lost' });
      await expect(link.read(never)).rejects.toMatchObject({ code: 'lost' });
      await link.close();
      await expect(rig.raw(never)).rejects.toMatchObject({ code: 'absent' });
      await rig.plugIn();
      const again = await rig.connect([Buffer.from('after')]);
      expect((await readBytes(again, 5)).toString()).toBe('after');
    });

    test('a link may be closed at any time and again, and a pending read then ends', async () => {
      const rig = await openRig();
      rig.answer(Buffer.from('?'), Buffer.from('!'));
      const link = await rig.connect([]);
      const pending = link.read(never);
      const ended = expect(pending).rejects.toMatchObject({ code: 'lost' });
      await link.close();
      await link.close();
      await ended;
    });
  });
}
