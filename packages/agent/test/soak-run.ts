// The agent's reading of a site of devices, from the scheduler down to noble's code, for thousands of polls among faults; each
// reading is judged by the times that its values tell.

import { getEventListeners } from 'node:events';
import { createRepeats } from '@wattline/program';
import type { Reading } from '@wattline/protocols';
import { randomOf } from '../../protocols/test/random.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { Media } from '../src/reading/connect.ts';
import { readDevices } from '../src/reading/read-devices.ts';
import { createReporter } from '../src/reporter.ts';
import type { Connect } from '../src/transport.ts';
import { adapterProtocols, canSerialReceiver } from '../src/transports/can-serial.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { silentLog } from './bluetooth-rigs.ts';
import { collect } from './collect-garbage.ts';
import { takeClock } from './fast-clock.ts';
import { agesOf, isAsked, type SoakDevice, soakDevices, tickMs } from './soak-devices.ts';
import { soakFaults } from './soak-faults.ts';
import { childrenOn } from './soak-radio.ts';
import { startMs } from './virtual-time.ts';

export interface SoakOptions {
  readonly seed: number;
  /** Readings of devices that are asked. */
  readonly polls: number;
  /** Told of each reading; what it keeps, grows. */
  readonly took?: (reading: Reading) => void;
}

const intervalMs = 5000;
const backMsMax = 60_000;
const problemsMax = 20;

/** What is known of a device from one reading to the next. */
interface Watched {
  readonly own: SoakDevice;
  readings: number;
  lastReadMs: number;
  /** When the first question after the last reading was sent. */
  askedMs: number | undefined;
  partedMs: number;
  overdueSaidMs: number;
}

export async function soak({ seed, polls, took }: SoakOptions) {
  const clock = takeClock();
  const random = randomOf(seed);
  const air = createVirtualRadio({ roundTripMs: 20, supervisionMs: 4000, random: random.fraction });
  const children = childrenOn(air, clock);
  const devices = soakDevices(clock, random, intervalMs);
  const all = new Map(devices.map((own): [string, Watched] => [own.device.name, watching(own)]));
  const places = [...new Set(devices.map(({ place }) => place))];
  for (const { peripheral } of places) if (peripheral !== undefined) air.add(peripheral);
  for (const watched of all.values()) {
    watched.own.place.reach.events.on('disconnect', () => {
      watched.partedMs = clock.nowMs();
    });
  }
  const faults = soakFaults(places, children, clock, random);
  const problems: string[] = [];
  const problem = (text: string): void => {
    if (problems.length < problemsMax) problems.push(`${(clock.nowMs() / 1000).toFixed(1)} s: ${text}`);
  };
  const now = () => ({ wallMs: startMs + clock.nowMs(), uptimeMs: clock.nowMs() });
  const troubles = new Map<string, number>();
  let sequence = 0;
  let asked = 0;
  const configured = devices.map(({ device: { secret: _, passkey: __, ...device } }, index) => ({
    ...{ ...device, index, vendor: device.definition.vendor },
  }));
  const reporter = createReporter({
    ...{ agent: 'soak', devices: configured, intervalSecondsOf: () => intervalMs / 1000, log: silentLog },
    identity: { boot: 'boot', stream: 'stream', nextSequence: () => sequence++ },
    clock: { nowMs: () => now().wallMs, uptimeMs: clock.nowMs, isSynced: () => true },
    delivery: {
      async deliver(topic, reading) {
        const watched = watchedOf(all, topic.split('/').at(-1) ?? '');
        if (watched === undefined) problem(`a reading of nobody: ${topic}`);
        else {
          const calmMs = faults.calmSinceMs(watched.own.place);
          judgeReading(watched, reading, clock.nowMs(), calmMs, (text) => problem(`${topic}: ${text}`));
        }
        if (watched !== undefined && isAsked(watched.own)) asked++;
        took?.(reading);
        return 'confirmed';
      },
    },
    repeats: createRepeats(silentLog),
  });
  const radio = createWatchedRadio({
    file: '',
    now,
    log: silentLog,
    runProcess: children.runProcess,
    heapBytesMax: Number.POSITIVE_INFINITY,
  });
  const stop = new AbortController();
  const running = readDevices({
    ...{ devices: devices.map(({ device }) => device), now, signal: stop.signal },
    startTimer(delayMs, fire) {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    },
    media: mediaOf(
      radio.receiver,
      (way) => noting(radio.connect(way), watchedAt(all, way.address), clock.nowMs),
      (port) => noting(connectAt(devices, port), watchedAt(all, port), clock.nowMs),
      (way) => {
        const protocol = adapterProtocols[way.adapter](way);
        return canSerialReceiver({ connect: connectAt(devices, way.port), protocol, now });
      },
    ),
    reading: reporter.reading,
    trouble(device, trouble) {
      const key = `${device.name} ${trouble.code}`;
      troubles.set(key, (troubles.get(key) ?? 0) + 1);
      reporter.trouble(device, trouble);
    },
  });
  const heaps: { readonly polls: number; readonly bytes: number }[] = [];
  try {
    for (let nextHeap = polls / 4; asked < polls && problems.length < problemsMax; ) {
      await clock.passTo(clock.nowMs() + 1000);
      faults.turn();
      for (const watched of all.values()) {
        const calmMs = faults.calmSinceMs(watched.own.place);
        if (calmMs !== undefined && !speaksByUnits(all, watched))
          judgeReturn(watched, calmMs, clock.nowMs(), problem);
      }
      if (asked < nextHeap) continue;
      heaps.push({ polls: asked, bytes: await heapBytes() });
      nextHeap = Number.POSITIVE_INFINITY;
    }
    heaps.push({ polls: asked, bytes: await heapBytes() });
    stop.abort();
    await clock.passTo(clock.nowMs() + 120_000);
    await running;
    air.close();
    return {
      ...{ problems, heaps, asked, troubles, befell: faults.befell, hours: clock.nowMs() / 3_600_000 },
      readings: new Map(
        [...all].flatMap(([name, each]) => (speaksByUnits(all, each) ? [] : [[name, each.readings]])),
      ),
      strange: places.flatMap(({ strange }) => strange),
      left: { timers: clock.pending(), listeners: getEventListeners(stop.signal, 'abort').length },
      started: children.started(),
    };
  } finally {
    for (const { remove } of places) remove?.();
    clock.release();
  }
}

function mediaOf(
  radio: Media['radio'],
  gatt: Media['gatt'],
  port: (port: string) => Connect,
  bus: Media['bus'],
): Media {
  const nobody = () => {
    throw new Error('not of this site');
  };
  return {
    radio,
    gatt,
    serial: port,
    hid: port,
    bus,
    replayedPackets: nobody,
    replayedLink: nobody,
  };
}

const watching = (own: SoakDevice): Watched => ({
  ...{ own, readings: 0, lastReadMs: 0, askedMs: undefined, partedMs: -1, overdueSaidMs: 0 },
});

/** A unit of a device is watched by itself, since its first reading. */
function watchedOf(all: Map<string, Watched>, name: string): Watched | undefined {
  const found = all.get(name);
  if (found !== undefined) return found;
  const [device = ''] = name.split('_');
  const of = all.get(device);
  if (of === undefined) return undefined;
  const unit = watching(of.own);
  all.set(name, unit);
  return unit;
}

const speaksByUnits = (all: ReadonlyMap<string, Watched>, { own, readings }: Watched): boolean =>
  readings === 0 && [...all.values()].some((other) => other.own === own && other.readings > 0);

/** Of several at one port the one that asks. */
const watchedAt = (all: ReadonlyMap<string, Watched>, place: string): Watched | undefined =>
  [...all.values()].find(({ own }) => (own.device.address ?? own.device.port) === place && isAsked(own));

function connectAt(devices: readonly SoakDevice[], port: string): Connect {
  const found = devices.find(({ device }) => device.port === port)?.place.connect;
  if (found === undefined) throw new Error(`nothing is at ${port}`);
  return found;
}

/** Notes when a poll begins. */
function noting(connect: Connect, watched: Watched | undefined, nowMs: () => number): Connect {
  return async (signal, dueMs) => {
    const link = await connect(signal, dueMs);
    if (watched !== undefined) watched.askedMs = undefined;
    return {
      ...link,
      write(bytes) {
        if (watched !== undefined) watched.askedMs ??= nowMs();
        return link.write(bytes);
      },
    };
  };
}

function judgeReading(
  watched: Watched,
  { values, uptimeMs = 0 }: Reading,
  nowMs: number,
  calmSinceMs: number | undefined,
  problem: (text: string) => void,
): void {
  const { own, partedMs, lastReadMs } = watched;
  const ages = agesOf(own, values, nowMs);
  const oldestMs = Math.max(...ages);
  const told = `values of ${ages.map((ms) => ms / 1000).join(', ')} s ago`;
  const isCut = own.place.fault === 'cut';
  // Of several messages only some have come since.
  const isPart = own.apartMs > 0 && (calmSinceMs === undefined || nowMs - calmSinceMs < backMsMax);
  if (ages.length === 0 && !isCut && !isPart) problem('none of its values says when it was held');
  if (isAsked(own)) {
    const askedMs = watched.askedMs ?? nowMs;
    if (oldestMs > nowMs - askedMs + tickMs) problem(`${told}, asked ${(nowMs - askedMs) / 1000} s ago`);
    // Readings carry whole milliseconds.
    if (uptimeMs < askedMs - 1 || uptimeMs > nowMs + 1)
      problem(`measured at ${uptimeMs}, asked at ${askedMs}`);
    // One that dies with the last answer takes nothing back.
    if (partedMs !== nowMs && partedMs > askedMs)
      problem(`its link died at ${partedMs}, asked at ${askedMs}`);
  } else if (ages.some((ms) => isAstray(ms - (nowMs - uptimeMs), own.apartMs)))
    problem(`${told}, said to be measured ${(nowMs - uptimeMs) / 1000} s ago`);
  if (uptimeMs <= lastReadMs && watched.readings > 0)
    problem(`measured at ${uptimeMs}, not after the last one`);
  watched.readings++;
  watched.lastReadMs = isAsked(own) ? nowMs : uptimeMs;
  watched.askedMs = undefined;
}

/** Readings carry whole milliseconds, their values ticks. */
const isAstray = (olderMs: number, apartMs: number): boolean =>
  olderMs < -tickMs - 1 || olderMs > apartMs + tickMs + 1;

function judgeReturn(
  watched: Watched,
  calmSinceMs: number,
  nowMs: number,
  problem: (text: string) => void,
): void {
  const sinceMs = Math.max(calmSinceMs, watched.lastReadMs, watched.overdueSaidMs);
  if (nowMs - sinceMs <= backMsMax) return;
  watched.overdueSaidMs = nowMs;
  problem(
    `${watched.own.device.name} is not read: last at ${watched.lastReadMs}, nothing is wrong since ${calmSinceMs}`,
  );
}

async function heapBytes(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}
