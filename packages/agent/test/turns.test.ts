import { expect, test } from 'vitest';
import { createTurns } from '../src/reading/turns.ts';
import { settle } from './virtual-time.ts';

test('one at a time has its turn, the most overdue first, and one that fails ends only its own', async () => {
  const inTurn = createTurns();
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const act = (name: string) => (): Promise<void> => {
    begun.push(name);
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    return end.promise;
  };
  const first = inTurn(act('first'), 50);
  const others = [inTurn(act('late'), 40), inTurn(act('overdue'), 10), inTurn(act('as overdue'), 10)];
  await settle();
  expect(begun).toEqual(['first']);
  ends.get('first')?.reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  for (const name of ['overdue', 'as overdue', 'late']) {
    await settle();
    expect(begun.at(-1)).toBe(name);
    ends.get(name)?.resolve();
  }
  await Promise.all(others);
});
