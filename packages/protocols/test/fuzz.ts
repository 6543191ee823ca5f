// Any bytes into every decoder and framer: a value, `ignored` or an error of the protocol, and nothing else.
//
//   npm run fuzz -- [--seed S] [--frames N]

import { parseArgs } from 'node:util';
import { describeField } from '../src/catalogue.ts';
import { decodeRequest } from '../src/decode.ts';
import type { CanFrame, Decoded, DeviceDefinition, Listener, Packet } from '../src/device.ts';
import { definitions } from '../src/devices/index.ts';
import type { FieldKind, Value } from '../src/field.ts';
import { readJbd, takeJbdModule } from '../src/framing/jbd.ts';
import { readRegisters } from '../src/framing/modbus.ts';
import { takeSlcan } from '../src/framing/slcan.ts';
import { takeUsbCanA } from '../src/framing/usb-can-a.ts';
import { getRegister } from '../src/framing/vedirect-hex.ts';
import { takeBlock } from '../src/framing/vedirect-text.ts';
import { askPi18, askPi30 } from '../src/framing/voltronic.ts';
import { ProtocolError, type Take, takeOrSkip } from '../src/session.ts';
import { type Random, randomOf } from './random.ts';
import { bytesOf, hexOf, vectorsOf, wholeOf } from './vectors.ts';
import { testKey, victronFrame } from './victron-frame.ts';

const framers: readonly Take<unknown>[] = [
  takeUsbCanA,
  takeSlcan,
  takeBlock,
  readJbd(0x03).take,
  takeJbdModule(0x17),
  readRegisters(1, 0x0101, 19).take,
  getRegister(0xedbc).take,
  askPi30('QPIGS', () => true).take,
  askPi18('005GS', () => true).take,
];

/** How often each kind of answer came: `value`, `ignored`, or the code of a protocol error. */
export type FuzzCounts = { readonly [outcome: string]: number };

/** @throws Error that names the frame, when something else than an answer comes out. */
export function fuzz({ seed, frames }: { readonly seed: number; readonly frames: number }): FuzzCounts {
  const random = randomOf(seed);
  const samples = definitions.flatMap(({ id }) =>
    vectorsOf(id).flatMap((vector) => {
      const bytes = wholeOf(vector);
      return bytes === undefined ? [] : [{ bytes: bytesOf(bytes), secret: vector.secret }];
    }),
  );
  const keys = [
    undefined,
    testKey,
    ...samples.flatMap(({ secret }) => (secret?.length === 32 ? [bytesOf(secret)] : [])),
  ];
  const corpus = samples.map(({ bytes }) => bytes);
  const counts: Record<string, number> = {};
  let listeners: readonly Listener[] = [];
  for (let index = 0; index < frames; index++) {
    if (index % 500 === 0)
      listeners = definitions.flatMap(({ listen }) => (listen === undefined ? [] : [listen()]));
    const frame = frameOf(random, corpus);
    try {
      for (const outcome of outcomesOf(frame, random.pick(keys), listeners, index * 100))
        counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (error) {
      throw new Error(`seed ${seed}, frame ${index}: ${hexOf(frame)}`, { cause: error });
    }
  }
  return counts;
}

function frameOf(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const sample = random.pick(corpus) ?? new Uint8Array();
  switch (random.below(6)) {
    case 0:
      return random.bytes(random.below(80));
    case 1:
      return sample.subarray(0, random.below(sample.length + 1));
    case 2:
      return sample.subarray(random.below(sample.length + 1));
    case 3:
      return victronFrame(
        random.pick([random.below(0x12), 0xff01, 0xff00]) ?? 0,
        random.bytes(random.below(40)),
      );
    default:
      return mutated(random, sample);
  }
}

/** A few bytes changed, left out or put in. */
function mutated(random: Random, sample: Uint8Array): Uint8Array {
  const bytes = [...sample];
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(bytes.length + 1);
    bytes.splice(at, random.below(3), ...random.bytes(random.below(3)));
  }
  return Uint8Array.from(bytes);
}

function outcomesOf(
  frame: Uint8Array,
  key: Uint8Array | undefined,
  listeners: readonly Listener[],
  timeMs: number,
): string[] {
  const outcomes = framers.map((take) => outcomeOf(() => framed(take, frame)));
  for (const definition of definitions) {
    outcomes.push(
      outcomeOf(() => heard(definition, frame, key)),
      outcomeOf(() => streamed(definition, frame)),
    );
    const secret = key === undefined ? {} : { secret: hexOf(key) };
    const records = Object.keys(definition.records);
    // Of a device that is asked any record may have been; others say it themselves.
    const record = definition.ask === undefined ? {} : { record: records[frame.length % records.length] };
    // The families on a bus take turns: they are many, and alike.
    if (definition.readFrames !== undefined) {
      if ([...buses.keys()][frame.length % buses.size] === definition)
        outcomes.push(outcomeOf(() => heardOnBus(definition, frame)));
      continue;
    }
    const answer = decodeRequest({ definition: definition.id, bytes: hexOf(frame), ...record, ...secret });
    outcomes.push('error' in answer ? answer.error.code : 'value');
  }
  for (const listener of listeners) outcomes.push(outcomeOf(() => listened(listener, frame, timeMs)));
  return outcomes;
}

/** Of each family on a bus, the identifiers of its vectors and one that listens all the time. */
const buses = new Map(
  definitions.flatMap((definition) => {
    const listener = definition.listenToBus?.();
    if (listener === undefined) return [];
    const ids = vectorsOf(definition.id).flatMap(({ frames = [] }) => frames.map((frame) => frame.id));
    return [[definition, { listener, ids }] as const];
  }),
);
let busTimeMs = 0;

/** The bytes as frames of a bus, most of them with an identifier of the family: which one a byte tells. */
function busFramesOf(ids: readonly number[], bytes: Uint8Array): CanFrame[] {
  const frames: CanFrame[] = [{ id: 0x123, data: new Uint8Array() }];
  for (let at = 0; at < bytes.length; at += 10)
    frames.push({
      id: ids[(bytes[at] ?? 0) % (ids.length + 1)] ?? 0x123,
      data: bytes.subarray(at + 1, at + 10),
    });
  return frames;
}

function heardOnBus(definition: DeviceDefinition, bytes: Uint8Array): string {
  const { readFrames, recogniseFrames } = definition;
  const bus = buses.get(definition);
  if (readFrames === undefined || bus === undefined) return 'ignored';
  const frames = busFramesOf(bus.ids, bytes);
  for (const frame of frames) {
    busTimeMs += 500;
    bus.listener.push(frame, busTimeMs);
  }
  for (const reading of bus.listener.current(busTimeMs)) expectValues(reading);
  recogniseFrames?.(new Map(frames.map(({ id, data }) => [id, data])));
  const { readings, corrupt } = readFrames(frames);
  for (const reading of readings) expectSound(definition, reading);
  if (readings.length > 0) return 'value';
  return corrupt.length > 0 ? 'corrupt' : 'ignored';
}

function outcomeOf(decode: () => string): string {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** Every byte is either in an answer, stepped over, or kept. */
function framed(take: Take<unknown>, frame: Uint8Array): string {
  for (let rest = frame; ; ) {
    const taken = takeOrSkip(take, rest);
    if (taken.answer === undefined) return taken.damaged.length > 0 ? 'corrupt' : 'silent';
    if (taken.rest.length >= rest.length) throw new Error('an answer out of no bytes');
    rest = taken.rest;
  }
}

function heard(definition: DeviceDefinition, payload: Uint8Array, key: Uint8Array | undefined): string {
  const { hear, media } = definition;
  if (hear === undefined) return 'ignored';
  const source = media.find((medium) => medium.medium === 'advertisement')?.company ?? 0;
  const packet: Packet = { source, payload };
  hear.recognise(packet);
  hear.isRepeat(packet, packet);
  const decoded = hear.decode(packet, key);
  if ('ignored' in decoded) return 'ignored';
  expectSound(definition, decoded);
  return 'value';
}

function streamed(definition: DeviceDefinition, bytes: Uint8Array): string {
  const { readings = [], corrupt = [] } = definition.readStream?.(bytes) ?? {};
  for (const reading of readings) expectSound(definition, reading);
  if (readings.length > 0) return 'value';
  return corrupt.length > 0 ? 'corrupt' : 'silent';
}

function listened(listener: Listener, frame: Uint8Array, timeMs: number): string {
  const half = frame.length >> 1;
  const reports = [frame.subarray(0, half), frame.subarray(half)].flatMap((chunk) =>
    listener.push(chunk, timeMs),
  );
  listener.unknown();
  if (listener.current(timeMs) !== undefined) return 'value';
  return reports.length > 0 ? 'corrupt' : 'silent';
}

/** Every value has the form of its kind: no text where a number belongs, no NaN. */
function expectSound(definition: DeviceDefinition, decoded: Decoded): void {
  const { records } = definitions.find(({ id }) => id === decoded.family) ?? definition;
  if (records[decoded.record] === undefined) throw new Error(`no record ${decoded.record}`);
  expectValues(decoded);
}

function expectValues({ values }: Decoded): void {
  for (const [name, value] of Object.entries(values)) {
    const kind = describeField(name)?.kind;
    if (kind === undefined || !isValueOf(kind, value)) throw new Error(`${name} is ${JSON.stringify(value)}`);
  }
}

/** Whether a value has the form of its kind; `null` has that of every kind. */
function isValueOf(kind: FieldKind, value: Value): boolean {
  if (value === null) return true;
  switch (kind) {
    case 'gauge':
    case 'counter':
      return Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'flags':
      return Array.isArray(value) && value.every((name) => typeof name === 'string');
    default:
      return typeof value === 'string';
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, frames: { type: 'string' } } });
  const seed = Number(values.seed ?? Date.now() % 2 ** 32);
  const frames = Number(values.frames ?? 1_000_000);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(frames))
    throw new Error('--seed and --frames are whole numbers');
  console.log(`fuzz: ${frames} frames, --seed ${seed}`);
  console.log(fuzz({ seed, frames }));
}
