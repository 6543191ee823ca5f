// Who is at the embedded broker, and how much each of them says and hears in a day of the site.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGate } from '../src/broker/gate.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { brokerScene, next, publish } from './broker-rig.ts';
import { passwordOf, usersScene } from './users-rig.ts';

const scene = brokerScene();
const evening = Date.UTC(2026, 5, 9, 21, 59);
const clock = { nowMs: evening };

afterEach(() => {
  clock.nowMs = evening;
});

/** Midnight in Rome is 22:00 UTC in summer. */
const counting = { nowMs: () => clock.nowMs, days: createLocalDays('Europe/Rome') };

describe('clients of the embedded broker', () => {
  test('are counted both ways by the day of the site, and stay known when they left', async () => {
    await scene.replace(counting);
    const wall = await scene.client({ clientId: 'wall' });
    await wall.subscribeAsync('victron/#', { qos: 1 });
    const barn = await scene.client({ clientId: 'barn' });
    for (const sequence of [0, 1, 2]) {
      const heard = next(wall);
      await publish(barn, sequence);
      await heard;
    }
    const since = evening;
    expect(scene.broker.roster()).toEqual({
      clients: [
        { id: 'wall', since, in: 0, out: 3 },
        { id: 'barn', since, in: 3, out: 0 },
      ],
      more: 0,
    });
    clock.nowMs += 30_000;
    await barn.endAsync();
    await vi.waitFor(() => {
      expect(scene.broker.roster().clients[1]).toEqual({
        id: 'barn',
        since,
        left: evening + 30_000,
        in: 3,
        out: 0,
      });
    });
    const again = await scene.client({ clientId: 'barn' });
    await publish(again, 3);
    expect(scene.broker.roster().clients[1]).toEqual({ id: 'barn', since: evening + 30_000, in: 4, out: 0 });
    clock.nowMs += 30_000;
    expect(scene.broker.roster().clients.map((client) => [client.in, client.out])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('are named with their user and role', async () => {
    const people = await usersScene({ barn: 'agent', wall: 'viewer' });
    await scene.replace({ ...counting, gate: createGate(people.users, false) });
    await scene.client({ clientId: 'x1', username: 'barn', password: passwordOf('barn') });
    await scene.client({ clientId: 'x2', username: 'wall', password: passwordOf('wall') });
    expect(scene.broker.roster().clients).toMatchObject([
      { id: 'x1', user: 'barn', role: 'agent' },
      { id: 'x2', user: 'wall', role: 'viewer' },
    ]);
  });

  test('a newcomer by the same name takes the place; who it threw out does not make it gone', async () => {
    await scene.replace(counting);
    const first = await scene.client({ clientId: 'barn' });
    const ended = new Promise<void>((resolve) => first.once('close', () => resolve()));
    clock.nowMs += 5_000;
    await scene.client({ clientId: 'barn' });
    await ended;
    expect(scene.broker.roster().clients).toEqual([{ id: 'barn', since: evening + 5_000, in: 0, out: 0 }]);
  });

  test('beyond a hundred are counted', async () => {
    await scene.replace(counting);
    for (let index = 0; index < 103; index++) {
      const made = await scene.client({ clientId: `c${index}` });
      if (index < 2) await made.endAsync();
    }
    await vi.waitFor(() => {
      const { clients, more } = scene.broker.roster();
      expect([clients.length, more]).toEqual([100, 3]);
      expect(clients.every(({ left }) => left === undefined)).toBe(true);
    });
  });
});
