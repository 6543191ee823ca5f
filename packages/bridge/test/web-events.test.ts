import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import { clientsMax } from '../src/web/event-stream.ts';
import { readingOf } from './in-memory-log.ts';
import { eventsOf, openWeb } from './open-web.ts';

const roof = 'victron/solar_charger/roof';
const id = deviceId({ topic: roof, agent: 'barn' });

let web: Awaited<ReturnType<typeof openWeb>>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  web = await openWeb();
});
afterEach(async () => {
  await web.close();
  vi.useRealTimers();
});

const second = () => vi.advanceTimersByTime(1_000);

type Event = { name: string; data: { now: number } & Record<string, unknown> };

/** Connects a listener that has heard the first heartbeat; `hear` waits for so many events more. */
async function listener() {
  const stop = new AbortController();
  const events = eventsOf(web.url, stop.signal);
  const hear = async (count: number): Promise<readonly Event[]> => {
    const heard: Event[] = [];
    while (heard.length < count) {
      const { value } = await events.next();
      if (value === undefined) throw new Error(`The stream ended after ${heard.length} of ${count} events.`);
      heard.push(value);
    }
    return heard;
  };
  const [first] = await hear(1);
  return { hear, first, leave: () => stop.abort() };
}

describe('the stream of events', () => {
  test('begins with the clock of the server, then tells readings joined to one a device', async () => {
    const { first, hear, leave } = await listener();
    expect(first).toEqual({ name: 'heartbeat', data: { now: web.clock.nowMs } });
    for (let power = 0; power < 50; power++) {
      web.log.store(readingOf(roof, web.clock.nowMs + power, { pv_power: power }));
    }
    second();
    second();
    web.log.store(readingOf(roof, web.clock.nowMs + 1_000, { pv_power: 99 }));
    second();
    const [reading, state, next] = await hear(3);
    expect(reading).toMatchObject({
      name: 'reading',
      data: { device: { id, values: { pv_power: { value: 49 } } } },
    });
    expect(state).toEqual({ name: 'state', data: { now: web.clock.nowMs, id, state: 'fresh' } });
    expect(next).toMatchObject({
      name: 'reading',
      data: { device: { values: { pv_power: { value: 99 } } } },
    });
    leave();
  });
  test('tells when a device falls silent, as a state and as an alarm', async () => {
    web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 1 }));
    const { hear, leave } = await listener();
    second();
    web.clock.nowMs += 60_000;
    second();
    const [, , state, alarm] = await hear(4);
    expect(state).toEqual({ name: 'state', data: { now: web.clock.nowMs, id, state: 'late' } });
    expect(alarm).toMatchObject({
      name: 'alarm',
      data: { alarm: { device: id, level: 'late', until: null } },
    });
    leave();
  });
  test('beats every five seconds when nothing happens', async () => {
    const { hear, leave } = await listener();
    for (let beat = 1; beat <= 2; beat++) {
      web.clock.nowMs += 5_000;
      vi.advanceTimersByTime(5_000);
      expect(await hear(1)).toEqual([{ name: 'heartbeat', data: { now: web.clock.nowMs } }]);
    }
    leave();
  });
  test('lets a listener go that does not read, and the others hear on', async () => {
    const { port } = new URL(web.url);
    const deaf = connect(Number(port), '127.0.0.1');
    deaf.on('error', () => {});
    deaf.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(deaf, 'readable');
    const { hear, leave } = await listener();
    for (let turn = 0; turn < 10; turn++) {
      const long = String(turn).repeat(2_000_000);
      web.log.store(readingOf(roof, web.clock.nowMs + turn, { long_text: long }));
      second();
      // The first turn tells a state as well, every fifth has a heartbeat.
      await hear(turn === 0 || turn % 5 === 4 ? 2 : 1);
    }
    expect(web.events.counts).toMatchObject({ clients: 1, dropped: 1 });
    leave();
    deaf.destroy();
  });
  test('refuses listeners beyond its bound with a word, and takes new ones when some have left', async () => {
    const listeners = await Promise.all(Array.from({ length: clientsMax }, () => listener()));
    const { status, body } = await web.json('/api/events');
    expect([status, body.error.code]).toEqual([503, 'busy']);
    for (const { leave } of listeners) leave();
    await expect.poll(() => web.events.counts.clients).toBe(0);
    (await listener()).leave();
  });
  test('ends when the server closes', async () => {
    const events = eventsOf(web.url, new AbortController().signal);
    await events.next();
    await web.server.close();
    await expect(events.next()).resolves.toEqual({ done: true, value: undefined });
  });
});
