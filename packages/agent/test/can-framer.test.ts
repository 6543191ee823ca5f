// From the line of a CAN adapter to frames, where the line begins or breaks in the middle.

import { type CanFrame, formatUsbCanA, takeUsbCanA } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { createCanFramer } from '../src/transports/can-framer.ts';

const frame = (id: number, ...data: number[]): CanFrame => ({ id, data: Uint8Array.from(data) });
const one = frame(0x355, 0x55, 0x00, 0x64, 0x00);
const two = frame(0x356, 0x02, 0x13, 0x00, 0x00);

function framer() {
  const counts = { noiseBytes: 0, damaged: 0, doubtful: 0 };
  const { push } = createCanFramer(takeUsbCanA, counts);
  return { push: (chunk: Uint8Array, uptimeMs = 0) => push(chunk, uptimeMs), counts };
}

test('frames come however the line cuts them', () => {
  const line = Buffer.concat([one, two, one].map(formatUsbCanA));
  for (const size of [1, 2, 3, 7, line.length]) {
    const { push } = framer();
    const heard: CanFrame[] = [];
    for (let at = 0; at < line.length; at += size) heard.push(...push(line.subarray(at, at + size)));
    expect(heard).toEqual([one, two, one]);
  }
});

test('a frame behind noise counts only when another one follows it', () => {
  const { push, counts } = framer();
  expect(push(Buffer.concat([Buffer.from('0064', 'hex'), formatUsbCanA(one)]))).toEqual([]);
  expect(push(formatUsbCanA(two))).toEqual([one, two]);
  expect(counts).toEqual({ noiseBytes: 2, damaged: 0, doubtful: 0 });
});

test('data that look like a frame, in the rest of one that was cut, are not shown', () => {
  // The rest of a frame whose data were AA C2 55 03 FF FF 55 00: in it stands a whole frame 0x355.
  const rest = Buffer.from('03aac25503ffff550055', 'hex');
  const { push, counts } = framer();
  expect(push(Buffer.concat([rest, ...[one, two].map(formatUsbCanA)]))).toEqual([one, two]);
  expect(counts.doubtful).toBe(1);
});

test('a frame that was cut and took its end from the next one is not shown', () => {
  const cut = formatUsbCanA(frame(0x373, 1, 2, 3, 4, 5, 6, 7, 8)).subarray(0, 6);
  const next = formatUsbCanA(frame(0x356, 0x02, 0x13, 0x55, 0x00));
  const { push, counts } = framer();
  expect(push(Buffer.concat([formatUsbCanA(one), cut, next]))).toEqual([one]);
  expect(push(Buffer.concat([one, two].map(formatUsbCanA)))).toEqual([one, two]);
  expect(counts).toEqual({ noiseBytes: 2, damaged: 0, doubtful: 1 });
});

test('a frame that lost its data and ends with the next one is not shown, nor is that', () => {
  const cut = formatUsbCanA(frame(0x373, 1, 2, 3, 4, 5, 6, 7, 8)).subarray(0, 4);
  const { push, counts } = framer();
  expect(push(Buffer.concat([formatUsbCanA(one), cut, ...[one, two].map(formatUsbCanA)]))).toEqual([
    one,
    two,
  ]);
  expect(counts).toEqual({ noiseBytes: 0, damaged: 1, doubtful: 0 });
});

test('what is left of a frame is not completed by what comes later', () => {
  const whole = formatUsbCanA(two);
  const { push, counts } = framer();
  expect(push(Buffer.concat([formatUsbCanA(one), whole.subarray(0, 6)]), 1000)).toEqual([one]);
  expect(push(whole.subarray(6), 1200)).toEqual([two]);
  expect(push(whole.subarray(0, 6), 1300)).toEqual([]);
  expect(push(Buffer.concat([whole.subarray(6), ...[one, two].map(formatUsbCanA)]), 2300)).toEqual([
    one,
    two,
  ]);
  expect(counts).toEqual({ noiseBytes: 9, damaged: 0, doubtful: 0 });
});
