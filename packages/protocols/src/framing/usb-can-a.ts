// Waveshare USB-CAN-A and the Seeed USB-CAN analyzer: CAN frames on a serial line of 2,000,000 baud.
//
//   AA | 0xC0, extended 0x20, remote 0x10, length | identifier, 2 or 4 bytes | data | 55
//   AA 55 01 | 01 standard, 02 extended | 01 data, 02 remote | identifier, 4 bytes | length | data, 8 | 00 | sum
//   AA 55 | 12 settings, 04 status … | sum: always 20 bytes, the last the sum of bytes 2 to 18
//
// Low byte first. The first form has no checksum, and its marks occur in data: only the length tells where a frame ends.
// Waveshare, "USB-CAN-A protocol"; hardbyte/python-can, seeedstudio.

import type { CanFrame } from '../device.ts';
import { dataBytesMax, standardIdMax } from '../frames.ts';
import { ProtocolError, type Take } from '../session.ts';

export const usbCanABaudRate = 2_000_000;

const head = 0xaa;
const tail = 0x55;
const longBytes = 20;
const longKinds = { frame: 0x01, settingsFixed: 0x02, status: 0x04, settings: 0x12 } as const;

/** Remote requests, statuses and identifiers that no battery has are foreign: taken, without an answer. */
export const takeUsbCanA: Take<CanFrame> = (received) => {
  if (received[0] !== head) throw noFrame(received);
  const kind = received[1];
  if (kind === undefined) return undefined;
  return kind === tail ? takeLong(received) : takeVariable(received, kind);
};

function takeVariable(received: Uint8Array, kind: number): ReturnType<Take<CanFrame>> {
  const form = formOf(kind);
  if (form === undefined) throw noFrame(received);
  const { dataFrom, end } = form;
  if (received.length <= end) return undefined;
  if (received[end] !== tail) throw noFrame(received);
  if (holdsAnother(received, form))
    throw new ProtocolError(
      'corrupt',
      'a frame of the USB-CAN-A was cut and ends with the next one',
      end + 1,
    );
  const id = littleEndian(received.subarray(2, dataFrom));
  return answer(end + 1, id, received.slice(dataFrom, end), form);
}

interface Form {
  readonly isExtended: boolean;
  readonly isRemote: boolean;
  readonly dataFrom: number;
  /** Where the mark stands. */
  readonly end: number;
}

function formOf(kind: number): Form | undefined {
  const length = kind & 0x0f;
  if ((kind & 0xc0) !== 0xc0 || length > dataBytesMax) return undefined;
  const isExtended = (kind & 0x20) !== 0;
  const isRemote = (kind & 0x10) !== 0;
  const dataFrom = isExtended ? 6 : 4;
  return { isExtended, isRemote, dataFrom, end: dataFrom + (isRemote ? 0 : length) };
}

/** Another frame begins in the data and has the same end: one that lost its rest looks so, and hardly any that is whole. */
function holdsAnother(received: Uint8Array, { dataFrom, end }: Form): boolean {
  for (let at = dataFrom; at < end; at++)
    if (received[at] === head && at + (formOf(received[at + 1] ?? 0)?.end ?? 0) === end) return true;
  return false;
}

function takeLong(received: Uint8Array): ReturnType<Take<CanFrame>> {
  if (received.length < longBytes) return undefined;
  if (!Object.values<number>(longKinds).includes(received[2] ?? 0)) throw noFrame(received);
  if (received[longBytes - 1] !== sumOf(received)) throw noFrame(received);
  if (received[2] !== longKinds.frame) return { used: longBytes };
  const length = received[9] ?? 0;
  if (length > dataBytesMax) throw noFrame(received);
  const id = littleEndian(received.subarray(5, 9));
  return answer(longBytes, id, received.slice(10, 10 + length), {
    isExtended: received[3] === 0x02,
    isRemote: received[4] === 0x02,
  });
}

function answer(
  used: number,
  id: number,
  data: Uint8Array,
  { isExtended, isRemote }: Pick<Form, 'isExtended' | 'isRemote'>,
): ReturnType<Take<CanFrame>> {
  return isRemote || isExtended !== id > standardIdMax ? { used } : { used, answer: { id, data } };
}

const noFrame = (received: Uint8Array): ProtocolError =>
  new ProtocolError('corrupt', `no frame of the USB-CAN-A begins with ${hexOf(received.subarray(0, 8))}`);

/** Low byte of the sum behind the two marks. */
const sumOf = (frame: Uint8Array): number =>
  frame.subarray(2, longBytes - 1).reduce((sum, byte) => (sum + byte) & 0xff, 0);

const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((value, byte) => value * 256 + byte, 0);

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const speeds: ReadonlyMap<number, number> = new Map([
  [1_000_000, 0x01],
  [800_000, 0x02],
  [500_000, 0x03],
  [400_000, 0x04],
  [250_000, 0x05],
  [200_000, 0x06],
  [125_000, 0x07],
  [100_000, 0x08],
  [50_000, 0x09],
  [20_000, 0x0a],
  [10_000, 0x0b],
  [5000, 0x0c],
]);

/** Acknowledges nothing and sends no error frames. */
const silentMode = 0x02;
const normalMode = 0x00;

/**
 * The settings of the adapter itself; nothing of it reaches the bus. Frames of variable length, no filter.
 *
 * @throws Error for a bit rate that the adapter does not have
 */
export function usbCanASettings(bitRate: number, isListenOnly: boolean): Uint8Array {
  const speed = speeds.get(bitRate);
  if (speed === undefined) throw new Error(`the USB-CAN-A has no bit rate of ${bitRate}`);
  const settings = Uint8Array.from({ length: longBytes }, () => 0);
  settings.set([head, tail, longKinds.settings, speed, 0x01]);
  settings.set([isListenOnly ? silentMode : normalMode, 0x01], 13);
  settings[longBytes - 1] = sumOf(settings);
  return settings;
}

/** A frame as the adapter passes it on, and takes it for the bus. */
export function formatUsbCanA({ id, data }: CanFrame): Uint8Array {
  const isExtended = id > standardIdMax;
  const bytes = Array.from(
    { length: isExtended ? 4 : 2 },
    (_, index) => Math.floor(id / 256 ** index) & 0xff,
  );
  return Uint8Array.of(head, 0xc0 | (isExtended ? 0x20 : 0) | data.length, ...bytes, ...data, tail);
}
