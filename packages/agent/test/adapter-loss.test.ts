import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TransportError } from '../src/transport.ts';
import { createAdapterLoss } from '../src/transports/adapter-loss.ts';
import { collect } from './collect-garbage.ts';

const gone = new TransportError('lost', 'the adapter is gone');

test('what has come, or is waited for no more, is not kept while the adapter stays open', async () => {
  const { unlessGone, whenGone } = createAdapterLoss();
  const kept = await (async () => {
    const answer = { bytes: new Uint8Array(1000) };
    await unlessGone(Promise.resolve(answer));
    const told = { bytes: new Uint8Array(1000) };
    const forget = whenGone(() => expect.fail(`${told.bytes.length} bytes`));
    forget();
    return [new WeakRef(answer), new WeakRef(told)];
  })();
  await turn();
  await collect();
  expect(kept.map((each) => each.deref())).toEqual([undefined, undefined]);
  await expect(unlessGone(Promise.resolve(1))).resolves.toBe(1);
});

test('all that wait when the adapter is lost are told, and who comes later too', async () => {
  const { unlessGone, whenGone, lose } = createAdapterLoss();
  const told: string[] = [];
  const waiting = expect(unlessGone(new Promise(() => {}))).rejects.toBe(gone);
  whenGone(() => told.push('before'));
  whenGone(() => told.push('ended'))();
  lose(gone);
  lose(new TransportError('lost', 'again'));
  expect(told).toEqual([]);
  await waiting;
  whenGone(({ message }) => told.push(`after: ${message}`));
  expect(told).toEqual(['before']);
  await turn();
  expect(told).toEqual(['before', 'after: the adapter is gone']);
  await expect(unlessGone(new Promise(() => {}))).rejects.toBe(gone);
});
