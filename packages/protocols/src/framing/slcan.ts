// slcan, the Lawicel ASCII protocol of serial CAN adapters (CANable, CANtact and many more): lines that end with CR.
//
//   tIIILDD… standard, TIIIIIIIILDD… extended, r and R remote requests; all hex, a time stamp of 4 digits may follow
//   a line by itself, or BEL, answers a command
//
// Lawicel, "CAN232 manual"; the Linux driver slcan.

import type { CanFrame } from '../device.ts';
import { standardIdMax } from '../frames.ts';
import { ProtocolError, type Take } from '../session.ts';

const carriageReturn = 0x0d;
const bell = 0x07;
/** The longest frame has 30; adapters answer some commands with a line of text. */
const lineBytesMax = 64;

/** Answers to commands, remote requests and identifiers that no battery has are foreign: taken, without an answer. */
export const takeSlcan: Take<CanFrame> = (received) => {
  const end = received.findIndex((byte) => byte === carriageReturn || byte === bell);
  if (end > lineBytesMax || (end < 0 && received.length > lineBytesMax))
    throw new ProtocolError('corrupt', `no line of slcan within ${lineBytesMax} bytes`, lineBytesMax);
  if (end < 0) return undefined;
  const used = end + 1;
  const line = String.fromCharCode(...received.subarray(0, end));
  if (!/^[tT]/.test(line)) return { used };
  const [, digits = '', length = '', rest = ''] =
    /^(?:t([\da-f]{3})|T([\da-f]{8}))([0-8])((?:[\da-f]{2})*)$/i
      .exec(line)
      ?.filter((part) => part !== undefined) ?? [];
  const bytes = Number(length);
  const isWhole = digits !== '' && (rest.length === 2 * bytes || rest.length === 2 * bytes + 4);
  if (!isWhole || received[end] === bell)
    throw new ProtocolError('corrupt', `no frame of slcan: ${shown(line)}`, used);
  const id = Number.parseInt(digits, 16);
  if ((line[0] === 'T') !== id > standardIdMax || id >= 2 ** 29) return { used };
  const data = Uint8Array.from({ length: bytes }, (_, index) =>
    Number.parseInt(rest.slice(2 * index, 2 * index + 2), 16),
  );
  return { used, answer: { id, data } };
};

const shown = (line: string): string => JSON.stringify(line.slice(0, 40));

const speeds: ReadonlyMap<number, number> = new Map([
  [10_000, 0],
  [20_000, 1],
  [50_000, 2],
  [100_000, 3],
  [125_000, 4],
  [250_000, 5],
  [500_000, 6],
  [800_000, 7],
  [1_000_000, 8],
]);

const command = (text: string): Uint8Array => Uint8Array.from(`${text}\r`, (letter) => letter.charCodeAt(0));

/**
 * Commands that open the adapter's channel: an empty line ends what an earlier program left, C closes, S sets the bit rate,
 * L opens for listening only, O opens as a member of the bus. Nothing of it reaches the bus.
 *
 * @throws Error for a bit rate that adapters do not have
 */
export function slcanOpening(bitRate: number, isListenOnly: boolean): readonly Uint8Array[] {
  const speed = speeds.get(bitRate);
  if (speed === undefined) throw new Error(`slcan has no bit rate of ${bitRate}`);
  return ['', 'C', `S${speed}`, isListenOnly ? 'L' : 'O'].map(command);
}

export const slcanClosing: Uint8Array = command('C');

/** A frame as the adapter passes it on, and takes it for the bus. */
export function formatSlcan({ id, data }: CanFrame): Uint8Array {
  const isExtended = id > standardIdMax;
  const digits = id
    .toString(16)
    .toUpperCase()
    .padStart(isExtended ? 8 : 3, '0');
  const bytes = Array.from(data, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
  return command(`${isExtended ? 'T' : 't'}${digits}${data.length}${bytes}`);
}
