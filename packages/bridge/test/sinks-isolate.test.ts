import { describe, expect, test } from 'vitest';
import { writeIsolating } from '../src/sinks/isolate.ts';
import { type Point, RefusedError } from '../src/sinks/sink.ts';
import { itemOf, numberOf, pointOf } from './sinks-rig.ts';

describe('halving', () => {
  const outgoing = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ item: itemOf(n), point: pointOf(n) }));

  test('writes all but one bad point of a thousand in about twenty writes', async () => {
    let writes = 0;
    const write = async (points: readonly Point[]) => {
      writes += 1;
      if (points.some((point) => numberOf(point) === 333)) throw new RefusedError('no');
    };
    const refused = await writeIsolating(outgoing(1_000), { write });
    expect(refused).toEqual([{ item: itemOf(333), point: pointOf(333), reason: 'no' }]);
    expect(writes).toBeLessThanOrEqual(21);
  });
  test('loses one field only where the store merges fields', async () => {
    const point = { ...pointOf(1), fields: { a: 1, b: 2, bad: 3, c: 4, d: 5 } };
    const kept: Record<string, unknown> = {};
    const write = async (points: readonly Point[]) => {
      for (const { fields } of points) {
        if ('bad' in fields) throw new RefusedError('bad has another type');
        Object.assign(kept, fields);
      }
    };
    const item = itemOf(1);
    const refused = await writeIsolating([{ item, point }], { write, mergesFields: true });
    expect(refused).toEqual([
      { item, point: { ...point, fields: { bad: 3 } }, reason: 'bad has another type' },
    ]);
    expect(kept).toEqual({ a: 1, b: 2, c: 4, d: 5 });
    expect(await writeIsolating([{ item, point }], { write })).toHaveLength(1);
  });
});
