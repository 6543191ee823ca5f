// Whatever is changed in a row, and wherever the program dies or the store is away: in the end the sink has what the store
// has, and nothing else.

import { describe, expect, test } from 'vitest';
import { waitingChangesMax } from '../src/sinks/remake-ledger.ts';
import { UnavailableError } from '../src/sinks/sink.ts';
import { memoryDatabase, remakeRig, remove, rename, scenes } from './remake-rig.ts';

async function begin() {
  const database = memoryDatabase();
  const rig = remakeRig(database.sink);
  rig.add('old', 3);
  rig.add('shed', 2);
  await rig.settled();
  expect(database.points).toEqual(rig.stored());
  database.steps = 0;
  return { database, rig };
}

const dies = () => {
  throw new Error('the program is dead');
};

test('what is on its way under the old name arrives before that is removed', async () => {
  const { database, rig } = await begin();
  const begun = new Promise<void>((resolve) => {
    database.at = (_, is) => {
      if (is === 'before') resolve();
    };
  });
  database.turns = 100;
  rig.add('old', 2);
  await begun;
  database.turns = 1;
  await rig.change(rename('old', 'roof'));
  await rig.settled();
  expect(database.points).toEqual(rig.stored());
  await rig.close();
});

test('a store that is away is asked again, is not written everything each time, and it is said', async () => {
  const { database, rig } = await begin();
  let writes = 0;
  database.at = (_, is, what) => {
    if (what === 'write' && is === 'before') writes++;
    if (what === 'remove') throw new UnavailableError('it is too busy');
  };
  expect(await rig.change(rename('old', 'roof'))).toContain(
    'sink memory: not yet, and tried again until it is: it is too busy',
  );
  expect(rig.view().changes).toEqual({ waiting: 1, problem: 'it is too busy' });
  await expect.poll(() => database.steps, { interval: 1 }).toBeGreaterThan(20);
  // The readings, and the windows by their own way.
  expect(writes).toBeLessThan(5);
  database.at = () => undefined;
  await rig.settled();
  expect(rig.view().changes).toEqual({ waiting: 0 });
  expect(database.points).toEqual(rig.stored());
  expect(rig.reports.filter((text) => text.includes('changed devices'))).toEqual([
    'Sink memory, changed devices: not yet, and tried again until it is: it is too busy',
    'Sink memory, changed devices: the old name is removed.',
  ]);
  await rig.close();
});

test('a sink that has much to take over is given no more', async () => {
  const { database, rig } = await begin();
  database.at = () => {
    throw new UnavailableError('away');
  };
  rig.note(waitingChangesMax);
  await expect(rig.change(rename('old', 'roof'))).rejects.toThrow(
    'the sink memory has 1000 changes still to take over',
  );
  await rig.close();
});

test('what the log does not hold any more stays where it is', async () => {
  const { database, rig } = await begin();
  const before = [...database.points.keys()].filter((place) => place.startsWith('["raw"'));
  rig.forget();
  await rig.change(rename('old', 'roof'));
  await rig.settled();
  database.at = () => {
    throw new UnavailableError('away');
  };
  await rig.change(rename('shed', 'hut'));
  await rig.change(remove('hut'));
  database.at = () => undefined;
  await rig.settled();
  // What went has gone under each of its names.
  expect([...database.points.keys()].filter((place) => place.startsWith('["raw"'))).toEqual(
    before.filter((place) => place.includes('"old"')),
  );
  await rig.close();
});

test('of two devices that a store cannot tell apart neither loses anything', async () => {
  const { database, rig } = await begin();
  rig.add('other/a/solar/roof', 2);
  rig.add('other/b/solar/roof', 2);
  await rig.settled();
  const before = [...database.points.keys()];
  const words = await rig.change(rename('other/a/solar/roof', 'hut'));
  expect(words.at(-1)).toMatch(/stays there .*cannot tell other\/a\/solar\/roof from other\/b\/solar\/roof/);
  await rig.settled();
  expect([...database.points.keys()]).toEqual(expect.arrayContaining(before));
  for (const [place, fields] of rig.stored()) expect(database.points.get(place)).toEqual(fields);
  await rig.close();
});

describe.each(Object.entries(scenes))('%s', (_, acts) => {
  const whole = async (at: Awaited<ReturnType<typeof begin>>['database']['at']) => {
    const { database, rig } = await begin();
    database.at = at;
    for (const act of acts) await act(rig);
    const before = database.steps;
    database.at = () => undefined;
    return { database, rig, before };
  };

  test.each(['before', 'after'] as const)('the program dies %s any step', async (when) => {
    for (let last = 0; ; last++) {
      let died = false;
      const { database, rig } = await whole((step, is) => {
        died ||= step === last && is === when;
        if (died) dies();
      });
      await rig.restart();
      await rig.settled();
      expect(database.points, `died ${when} step ${last}`).toEqual(rig.stored());
      await rig.close();
      if (!died) break;
    }
  });

  test('the store is away for any number of steps', async () => {
    for (const away of [1, 2, 3, 5, 8]) {
      const { database, rig } = await whole((step, is) => {
        if (step < away && is === 'before') throw new UnavailableError('away');
      });
      await rig.settled();
      expect(database.points, `away for ${away} steps`).toEqual(rig.stored());
      await rig.close();
    }
  });

  test('the next change comes at any step of those before', async () => {
    for (let meeting = 0; meeting < 9; meeting++) {
      const { database, rig } = await begin();
      const done: Promise<unknown>[] = [];
      const rest = [...acts];
      const next = (): void => {
        const act = rest.shift();
        if (act !== undefined) done.push(act(rig));
      };
      database.at = (step, is) => {
        if (step === meeting && is === 'before') for (let n = acts.length; n > 0; n--) next();
      };
      next();
      await Promise.all(done);
      for (let n = acts.length; n > 0; n--) next();
      await Promise.all(done);
      await rig.settled();
      expect(database.points, `met at step ${meeting}`).toEqual(rig.stored());
      await rig.close();
    }
  });
});
