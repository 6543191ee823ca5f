// What goes in at every hop is accounted for: the sums as such, and the gaps of streams that open and close.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import { accountsOf, checkAccounts } from '../src/web/accounts.ts';
import type { AgentView } from '../src/web/api.ts';
import { accountsView } from '../src/web/status.ts';
import type { AccountsView, SinkView } from '../src/web/status-views.ts';
import { message, noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

const closed: AccountsView = {
  received: 20,
  stored: 10,
  duplicate: 4,
  conflict: 1,
  state: 2,
  aside: { not_json: 2, too_big: 1 },
  waiting: 3,
  missing: [],
  agents: [{ agent: 'barn', counted: 14, arrived: 10, given_up: 1, missing: 3 }],
  held: 8,
  expired: 2,
  moved: 0,
  tiers: { merged: 7, pending: 2, missed: 1 },
};
const nothing = { delivered: 0, pending: 0, refused: 0, expired: 0 };
const sinkOf = (readings: SinkView['readings']): SinkView => ({
  ...{ name: 'influx', type: 'influxdb2', state: 'idle', windows: nothing, refused: [] },
  readings,
});
const sinks = [sinkOf({ delivered: 4, pending: 3, refused: 2, expired: 1 })];

const alerts = [{ channel: 'mqtt' as const, queued: 9, sent: 4, pending: 3, refused: 1, dropped: 1 }];

describe('the sums', () => {
  test('close at every hop', () => {
    expect(checkAccounts({ accounts: closed, agents: [], sinks, alerts })).toEqual([]);
    expect(
      accountsOf({ accounts: closed, agents: [], sinks, alerts }).map(({ hop, name }) => name ?? hop),
    ).toEqual([...['barn', 'log', 'store', 'tiers', 'influx', 'mqtt']]);
  });

  test.each([
    ['agent barn', { agents: [{ agent: 'barn', counted: 15, arrived: 10, given_up: 1, missing: 3 }] }],
    ['log', { received: 21 }],
    ['log', { aside: { not_json: 2 } }],
    ['store', { held: 7 }],
    ['tiers', { tiers: { merged: 7, pending: 1, missed: 1 } }],
  ] as const)('say where something is missing: %s', (hop, change) => {
    const [said, ...more] = checkAccounts({ accounts: { ...closed, ...change }, agents: [], sinks, alerts });
    expect(said).toMatch(new RegExp(`^${hop}: .*: 1 off$`));
    expect(more).toEqual([]);
  });

  test('of what devices told their agents close over all agents that count', () => {
    const agent = (name: string, readings?: AgentView['readings']): AgentView => ({
      ...{ name, state: 'online', version: '1', heard: noon, devices: [], in_reach: [] },
      ...(readings === undefined ? {} : { readings }),
    });
    const barn = { taken: 20, confirmed: 12, waiting: 5, given_up: 2, lost: 1 };
    const ridge = { taken: 4, confirmed: 4, waiting: 0, given_up: 0, lost: 0 };
    const agents = [agent('barn', barn), agent('ridge', ridge), agent('silent')];
    const counted = { accounts: closed, sinks, alerts };
    expect(accountsOf({ ...counted, agents })[0]).toEqual({
      hop: 'devices',
      into: 24,
      became: { confirmed: 16, pending: 5, given_up: 2, lost: 1 },
    });
    expect(checkAccounts({ ...counted, agents })).toEqual([]);
    expect(checkAccounts({ ...counted, agents: [agent('barn', { ...barn, taken: 21 })] })).toEqual([
      'devices: 21 is not confirmed 12 + pending 5 + given_up 2 + lost 1: 1 off',
    ]);
    expect(accountsOf({ ...counted, agents: [agent('silent')] })[0]?.hop).toBe('agent');
  });

  test('count the second place of a reading that got its time late', () => {
    const moved = { ...closed, moved: 1, held: 9, tiers: { merged: 8, pending: 2, missed: 1 } };
    expect(checkAccounts({ accounts: moved, agents: [], sinks: [], alerts })).toEqual([]);
    expect(checkAccounts({ accounts: moved, agents: [], sinks, alerts })).toHaveLength(1);
  });

  test('say of a sink that got more than there is', () => {
    const doubled = [sinkOf({ delivered: 5, pending: 3, refused: 2, expired: 1 })];
    expect(checkAccounts({ accounts: closed, agents: [], sinks: doubled, alerts })).toEqual([
      'sink influx: 10 is not delivered 5 + pending 3 + refused 2 + expired 1: -1 off',
    ]);
  });
});

describe('gaps of a stream', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = scratchLog();
  });
  afterEach(() => scratch.remove());

  const view = () =>
    accountsView({
      log: scratch.log,
      waiting: () => 0,
      tiers: () => ({ cursor: scratch.log.head(), behind: 0, missed: 0 }),
    });
  const expectClosed = () =>
    expect(checkAccounts({ accounts: view(), agents: [], sinks: [], alerts: [] })).toEqual([]);
  const giveUp = (from: number, to: number) =>
    scratch.log.append([
      message('wattline/agent/barn/state', {
        ...{ state: 'online', version: '1', timeMs: noon, devices: [] },
        evicted: [{ stream: 'stream-1', from, to }],
      }),
    ]);

  test('are named by device, and close when the readings come late or the agent gave them up', () => {
    scratch.log.append([0, 1, 6, 9].map((sequence) => reading(sequence)));
    const roof = { topic: 'victron/smartsolar/roof', agent: 'barn' };
    const gap = { ...roof, device: deviceId(roof), name: 'roof', stream: 'stream-1' };
    expect(view().missing).toEqual([{ ...gap, count: 6 }]);
    expect(view().agents).toEqual([{ agent: 'barn', counted: 10, arrived: 4, given_up: 0, missing: 6 }]);
    scratch.log.append([reading(3), reading(2)]);
    expect(view().missing).toEqual([{ ...gap, count: 4 }]);
    giveUp(4, 7);
    expect(view().missing).toEqual([{ ...gap, count: 1 }]);
    expect(view().agents).toEqual([{ agent: 'barn', counted: 10, arrived: 6, given_up: 3, missing: 1 }]);
    expectClosed();
    // Given up, and yet it came.
    scratch.log.append([reading(5), reading(8)]);
    expect(view().missing).toEqual([]);
    expect(view().agents).toEqual([{ agent: 'barn', counted: 10, arrived: 8, given_up: 2, missing: 0 }]);
    expectClosed();
    const before = view();
    scratch.restart();
    expect(view()).toEqual(before);
  });

  test('are summed up over all streams of an agent', () => {
    const of = (agent: string, stream: string, sequence: number) =>
      reading(sequence, { meta: { _agent: agent, _stream: stream } });
    view();
    scratch.log.append([of('barn', 'a', 2), of('barn', 'b', 0), of('ridge', 'c', 1)]);
    expect(view().agents).toEqual([
      { agent: 'barn', counted: 4, arrived: 2, given_up: 0, missing: 2 },
      { agent: 'ridge', counted: 2, arrived: 1, given_up: 0, missing: 1 },
    ]);
    expectClosed();
  });

  test('are not counted of a group that the disk refused', () => {
    scratch.log.append([reading(0)]);
    view();
    const { database } = scratch.store;
    database.exec('PRAGMA max_page_count = 1');
    const group = Array.from({ length: 300 }, (_, index) =>
      reading(index + 10, { values: { filler: 'x'.repeat(500) } }),
    );
    expect(() => scratch.log.append(group)).toThrow();
    expect(view().agents).toEqual([{ agent: 'barn', counted: 1, arrived: 1, given_up: 0, missing: 0 }]);
    expectClosed();
  });

  test('readings that expire leave the held ones, and the sum', () => {
    scratch.log.append([reading(0), reading(1)]);
    scratch.log.append([reading(2, { receivedMs: noon + 8 * 86_400_000 })]);
    expect(scratch.log.expire(noon + 8 * 86_400_000)).toBe(2);
    expect(view()).toMatchObject({ stored: 3, held: 1, expired: 2 });
    expectClosed();
  });
});
