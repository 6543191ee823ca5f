import type { AgentState } from '@wattline/protocols';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { createAgentState, willOf } from '../src/delivery/agent-state.ts';
import { createRelease, createStayAwake, type UntilCommand } from '../src/delivery/until-commands.ts';
import { OutboxError } from '../src/outbox/outbox.ts';
import { startAedes, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { reading } from './delivery-readings.ts';
import { roof, startAgent, startGate } from './delivery-rig.ts';
import { entry } from './outbox-scratch.ts';

const quiet = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
const topic = 'wattline/agent/barn/state';
const nowMs = Date.UTC(2026, 5, 2);
const device = { name: 'roof', topic: roof, intervalSeconds: 10, lastReadMs: nowMs - 5000 };

describe.skipIf(!hasMosquitto(process.env))('the state of the agent', () => {
  test('is retained, tells what waits, and says goodbye or not', async () => {
    const broker = await startTestMosquitto();
    const will = willOf('barn', '0.1.0', nowMs);
    const gate = await startGate(broker.port);
    const { delivery, outbox, publisher } = await startAgent({
      url: gate.url,
      path: scratchFolder(),
      will,
    });
    const state = createAgentState({
      ...{ agent: 'barn', version: '0.1.0', publisher, outbox, clock: { nowMs: () => nowMs }, log: quiet },
      devices: () => [device],
    });
    await new Promise((resolve) => publisher.onConnect(resolve));
    expect(await state.announce('online')).toBe(true);
    const observer = await subscribeAll(broker);
    await observer.until((arrivals) => arrivals.length === 1);
    expect(observer.arrivals[0]).toEqual({
      topic,
      retain: true,
      payload: JSON.stringify({
        state: 'online',
        version: '0.1.0',
        timeMs: nowMs,
        outbox: { readings: 0, bytes: 0 },
        evicted: [],
        devices: [device],
      } satisfies AgentState),
    });
    gate.shut();
    await observer.until((arrivals) => arrivals.length === 2);
    expect(JSON.parse(observer.arrivals[1]?.payload ?? '')).toEqual({
      ...{ state: 'offline', version: '0.1.0', timeMs: nowMs, evicted: [], devices: [] },
    });
    gate.open();
    await observer.until((arrivals) => arrivals.length === 3);
    expect(JSON.parse(observer.arrivals[2]?.payload ?? '')).toMatchObject({ state: 'online' });
    await expect.poll(() => state.announce('sleeping', nowMs + 60_000)).toBe(true);
    await delivery.close();
    const late = await subscribeAll(broker);
    await late.until((arrivals) => arrivals.length === 1);
    expect(JSON.parse(late.arrivals[0]?.payload ?? '')).toMatchObject({
      state: 'sleeping',
      nextDueMs: nowMs + 60_000,
    });
  });

  test('announces what was given up until the broker has confirmed it', async () => {
    const broker = await startTestMosquitto();
    const gate = await startGate(broker.port);
    gate.shut();
    const { delivery, outbox, publisher } = await startAgent({ url: gate.url, path: scratchFolder() });
    const state = createAgentState({
      ...{ agent: 'barn', version: '0.1.0', publisher, outbox, clock: { nowMs: () => nowMs }, log: quiet },
      devices: () => [],
    });
    for (const sequence of [0, 1, 3]) await outbox.append(entry(sequence));
    await outbox.append(entry(4, { timeMs: nowMs }));
    await outbox.expire(nowMs + 90 * 86_400_000 - 1);
    const ranges = [
      { stream: 'aaaa', from: 0, to: 1 },
      { stream: 'aaaa', from: 3, to: 3 },
    ];
    expect(await state.announce('online')).toBe(false);
    expect(outbox.evicted()).toEqual(ranges);
    const observer = await subscribeAll(broker);
    gate.open();
    await observer.until((arrivals) => arrivals.some((arrival) => arrival.topic === topic));
    const { payload } = observer.arrivals.find((arrival) => arrival.topic === topic) ?? { payload: '' };
    expect(JSON.parse(payload)).toMatchObject({ evicted: ranges });
    await expect.poll(() => outbox.evicted()).toEqual([]);
    await delivery.close();
  });

  test('that the access list forbids is said', async () => {
    const broker = await startTestMosquitto({ acl: 'user barn\ntopic write victron/#\n' });
    const { delivery, outbox, publisher } = await startAgent({ url: broker.url, path: scratchFolder() });
    const warn = vi.fn();
    const state = createAgentState({
      ...{
        agent: 'barn',
        version: '0.1.0',
        publisher,
        outbox,
        clock: { nowMs: () => nowMs },
        log: { ...quiet, warn },
      },
      devices: () => [],
    });
    await new Promise((resolve) => publisher.onConnect(resolve));
    expect(await state.announce('online')).toBe(false);
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining("refuses the agent's state: Not authorized (0x87)"),
    );
    expect(await delivery.deliver(roof, reading(0))).toBe('confirmed');
    await delivery.close();
  });
});

type AgentStateOutbox = Parameters<typeof createAgentState>[0]['outbox'];

const nothingWaits: AgentStateOutbox = {
  status: () => ({
    readings: 0,
    bytes: 0,
    topics: new Map(),
    confirmed: 0,
    evicted: 0,
    corruptBytes: 0,
    untidied: 0,
  }),
  oldestMs: async () => undefined,
  evicted: () => [],
  announced: async () => {},
};

test('an announcement that nobody confirms keeps nobody for more than 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const publisher = { publish: () => new Promise<never>(() => {}), onConnect: () => {} };
  const state = createAgentState({
    ...{ agent: 'barn', version: '0.1.0', publisher, clock: { nowMs: () => nowMs }, log: quiet },
    outbox: nothingWaits,
    devices: () => [],
  });
  const announced = state.announce('sleeping');
  await vi.advanceTimersByTimeAsync(5000);
  expect(await announced).toBe(false);
});

describe('a disk that fails while the state is announced', () => {
  const announcing = (disk: Partial<AgentStateOutbox>, account?: AgentState['readings']) => {
    const error = vi.fn();
    const published: AgentState[] = [];
    const publisher = {
      onConnect: () => {},
      publish: async (_topic: string, payload: string) => {
        published.push(JSON.parse(payload));
        return { is: 'confirmed' as const };
      },
    };
    const state = createAgentState({
      ...{ agent: 'barn', version: '0.1.0', publisher, clock: { nowMs: () => nowMs } },
      ...{ outbox: { ...nothingWaits, ...disk }, log: { ...quiet, error }, devices: () => [] },
      ...(account === undefined ? {} : { readings: () => account }),
    });
    return { state, published, error };
  };
  const fail = async () => {
    throw new OutboxError('failed', 'The outbox cannot be read: the disk reports errors.');
  };

  test('takes nothing from the account of its readings', async () => {
    const account = { taken: 9, confirmed: 4, waiting: 3, givenUp: 1, lost: 1 };
    const { state, published } = announcing({ oldestMs: fail }, account);
    expect(await state.announce('online')).toBe(true);
    expect(published[0]?.readings).toEqual(account);
  });

  test('costs it the age of the oldest reading, and is said once', async () => {
    const { state, published, error } = announcing({ oldestMs: fail });
    expect(await state.announce('online')).toBe(true);
    expect(await state.announce('sleeping')).toBe(true);
    expect(published.map((each) => each.state)).toEqual(['online', 'sleeping']);
    expect(published[0]?.outbox).toEqual({ readings: 0, bytes: 0 });
    expect(error.mock.calls).toEqual([['The outbox cannot be read: the disk reports errors.']]);
  });

  test('has what was given up announced again, and is said once', async () => {
    const ranges = [{ stream: 'aaaa', from: 0, to: 1 }];
    const { state, published, error } = announcing({ evicted: () => ranges, announced: fail });
    expect(await state.announce('online')).toBe(true);
    expect(await state.announce('online')).toBe(true);
    expect(published.map(({ evicted }) => evicted)).toEqual([ranges, ranges]);
    expect(error.mock.calls).toEqual([['The outbox cannot be read: the disk reports errors.']]);
  });
});

describe('the command to stay awake', () => {
  const command = 'wattline/agent/barn/stay_awake';
  const changeOf = (stayAwake: UntilCommand): Promise<void> =>
    new Promise((resolve) => stayAwake.onChange(resolve));

  test('is heard, also when it was given while the agent slept, and ends with its time', async () => {
    const aedes = await startAedes();
    const observer = await subscribeAll(aedes, 4);
    await observer.publish(command, JSON.stringify({ until: nowMs + 1000 }), true);
    const { delivery, publisher } = await startAgent({ url: aedes.url, path: scratchFolder() });
    let time = nowMs;
    const stayAwake = createStayAwake({
      ...{ agent: 'barn', publisher, log: quiet },
      clock: { nowMs: () => time, isSynced: () => true },
    });
    await changeOf(stayAwake);
    expect(stayAwake.untilMs()).toBe(nowMs + 1000);
    time = nowMs + 1000;
    await changeOf(stayAwake);
    expect(stayAwake.untilMs()).toBeUndefined();
    await observer.until((arrivals) => arrivals.at(-1)?.payload === '');
    expect(observer.arrivals.at(-1)).toMatchObject({ topic: command });
    stayAwake.stop();
    await delivery.close();
  });

  test('whose time has passed means nothing and is cleared; nonsense is said', async () => {
    const aedes = await startAedes();
    const observer = await subscribeAll(aedes, 4);
    const { delivery, publisher } = await startAgent({ url: aedes.url, path: scratchFolder() });
    const warn = vi.fn();
    const changed = vi.fn();
    const stayAwake = createStayAwake({
      ...{ agent: 'barn', publisher, log: { ...quiet, warn } },
      clock: { nowMs: () => nowMs, isSynced: () => true },
    });
    stayAwake.onChange(changed);
    await observer.publish(command, JSON.stringify({ until: nowMs - 1 }), true);
    await observer.until((arrivals) => arrivals.at(-1)?.payload === '');
    await observer.publish(command, '{"until":"tomorrow"}');
    await expect.poll(() => warn.mock.calls.length).toBe(1);
    expect(warn.mock.calls[0]?.[0]).toBe(
      `${command}: expected {"until": ms since 1970}, found {"until":"tomorrow"}`,
    );
    expect(changed).not.toHaveBeenCalled();
    await delivery.close();
  });

  test('is obeyed by an agent whose clock was never set, which cannot tell that the time has passed', async () => {
    const aedes = await startAedes();
    const observer = await subscribeAll(aedes, 4);
    const { delivery, publisher } = await startAgent({ url: aedes.url, path: scratchFolder() });
    const stayAwake = createStayAwake({
      ...{ agent: 'barn', publisher, log: quiet },
      clock: { nowMs: () => nowMs, isSynced: () => false },
    });
    const changed = changeOf(stayAwake);
    await observer.publish(command, JSON.stringify({ until: nowMs - 1 }), true);
    await changed;
    expect(stayAwake.untilMs()).toBe(nowMs - 1);
    stayAwake.stop();
    await delivery.close();
  });
});

describe('the command to release', () => {
  const command = 'wattline/agent/barn/release';

  test('for a duration becomes one until a time, so that it does not begin anew; an hour is the most', async () => {
    const aedes = await startAedes();
    const observer = await subscribeAll(aedes, 4);
    const { delivery, publisher } = await startAgent({ url: aedes.url, path: scratchFolder() });
    let time = nowMs;
    const release = createRelease({
      ...{ agent: 'barn', publisher, log: quiet },
      clock: { nowMs: () => time, isSynced: () => false },
    });
    const untilTold = (until: number) =>
      observer.until((arrivals) => arrivals.at(-1)?.payload === JSON.stringify({ until }));
    await observer.publish(command, '{"release_for":"5m"}', true);
    await untilTold(nowMs + 300_000);
    expect(release.untilMs()).toBe(nowMs + 300_000);
    await observer.publish(command, JSON.stringify({ until: nowMs + 7 * 3_600_000 }), true);
    await untilTold(nowMs + 3_600_000);
    expect(release.untilMs()).toBe(nowMs + 3_600_000);
    time = nowMs + 3_600_000;
    await observer.publish(command, JSON.stringify({ until: nowMs + 3_600_000 }), true);
    await observer.until((arrivals) => arrivals.at(-1)?.payload === '');
    expect(release.untilMs()).toBeUndefined();
    release.stop();
    await delivery.close();
  });
});
