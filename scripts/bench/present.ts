// How soon a reading counts: published → confirmed by our own broker, and published → shown by the store, at 200 a second.

import { setTimeout as wait } from 'node:timers/promises';
import { generate } from 'mqtt-packet';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { startExampleMosquitto } from './broker.ts';
import { connect, devices, messageOf } from './load.ts';
import type { Measurement } from './measurement.ts';
import { configure, newestMs, type Store, startBridge } from './subjects.ts';

const perSecond = 200;
const seconds = 15;
const count = perSecond * seconds;
/** Until code has found its speed. */
const warmCount = 3 * perSecond;

/** The time that 99 of 100 took at most. */
export const p99 = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;

export async function measureConfirmed(bridge: string, folder: string, store: Store): Promise<Measurement> {
  const port = await freePort();
  const site = { folder, brokerPort: port, store, bucket: 'confirmed' };
  const { page, config } = await configure(site, `listen: "127.0.0.1:${port}"`);
  const running = await startBridge(bridge, config, page, site);
  const sent = new Map<number, number>();
  const times: number[] = [];
  const socket = await connect(port, 'present');
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= 4; rest = rest.subarray(4)) {
      times.push(performance.now() - (sent.get(rest.readUInt16BE(2)) ?? Number.NaN));
    }
  });
  await atPace((index) => {
    sent.set(index + 1, performance.now());
    publish(socket, 'confirmed', index, Date.now());
  });
  while (times.length < count) await wait(5);
  socket.destroy();
  await running.stop();
  return row('published → durable and confirmed by our broker', p99(times.slice(warmCount)), 50);
}

export async function measureVisible(bridge: string, folder: string, store: Store): Promise<Measurement> {
  const mosquitto = await startExampleMosquitto();
  const site = { folder, brokerPort: mosquitto.port, store, bucket: 'visible' };
  const { page, config } = await configure(site, `url: "${mosquitto.url}"`);
  const running = await startBridge(bridge, config, page, site);
  const socket = await connect(mosquitto.port, 'present');
  const watch = watchVisible(store, site.bucket);
  await atPace((index) => {
    const nowMs = Date.now();
    publish(socket, 'visible', index, nowMs);
    watch.published(nowMs);
  });
  const times = await watch.end();
  socket.destroy();
  await running.stop();
  await mosquitto.remove();
  return row(
    'published → confirmed by InfluxDB 2 and shown by it, asked again and again',
    p99(times.slice(warmCount)),
    130,
  );
}

/** Asks the store for its newest reading all the time, and says how long each took to be there, in ms. */
export function watchVisible(store: Store, bucket: string) {
  const beganMs = Date.now();
  const waiting: number[] = [];
  const times: number[] = [];
  let isEnding = false;
  const watching = (async () => {
    while (!isEnding || waiting.length > 0) {
      const newest = await newestMs(store, bucket, beganMs);
      while (waiting.length > 0 && (waiting[0] ?? 0) <= newest)
        times.push(Date.now() - (waiting.shift() ?? 0));
      await wait(5);
    }
  })();
  return {
    published: (timeMs: number): void => void waiting.push(timeMs),
    end: async (): Promise<readonly number[]> => {
      isEnding = true;
      await watching;
      return times;
    },
  };
}

async function atPace(send: (index: number) => void): Promise<void> {
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    send(index);
    await wait(Math.max(0, began + ((index + 1) * 1000) / perSecond - performance.now()));
  }
}

export function publish(
  socket: Awaited<ReturnType<typeof connect>>,
  stream: string,
  index: number,
  timeMs: number,
): void {
  const message = messageOf(stream, index % devices, index, timeMs);
  const head = {
    cmd: 'publish',
    qos: 1,
    dup: false,
    retain: false,
    messageId: (index % 65_535) + 1,
  } as const;
  socket.write(generate({ ...head, ...message }));
}

const row = (what: string, ms: number, required: number): Measurement => ({
  what: `${what}: p99 at ${perSecond}/s`,
  result: `${Math.round(ms)} ms`,
  required: `≤ ${required} ms`,
  goal: '',
  isMet: ms <= required,
});
