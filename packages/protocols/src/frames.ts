// Where a raw value lies on a CAN bus: in the newest frame of an identifier.

import type { BytesWhere, Raw, Where } from './where.ts';

/** The newest data of each identifier on a bus. */
export type Frames = ReadonlyMap<number, Uint8Array>;

/** Standard identifiers have 11 bits; extended ones below are used by no known battery and cannot be told from them. */
export const standardIdMax = 0x7ff;
export const dataBytesMax = 8;

export const formatId = (id: number): string =>
  `0x${id
    .toString(16)
    .toUpperCase()
    .padStart(id > standardIdMax ? 8 : 3, '0')}`;

/** A place in the data of one identifier; a device that does not send the frame does not have the value. */
export function inFrame<Read extends Raw>(
  frame: number,
  where: Where<Uint8Array, Read> | BytesWhere,
): Where<Frames, Read | undefined> {
  const { write } = where;
  return {
    text: `${formatId(frame)} ${where.text}`,
    frame,
    ...(where.span === undefined ? {} : { span: where.span }),
    ...(where.signBits === undefined ? {} : { signBits: where.signBits }),
    present: (frames) => frames.has(frame),
    read: (frames) => {
      const data = frames.get(frame);
      return data === undefined ? undefined : (where.read(data) as Read);
    },
    ...(write === undefined
      ? {}
      : {
          write: (frames: Frames, raw: number) => {
            const data = frames.get(frame);
            if (data !== undefined) write(data, raw);
          },
        }),
  };
}

/** ASCII text that is spread over several frames, in their order; of those that were heard. */
export function asciiIn(...ids: readonly [number, ...number[]]): Where<Frames, string | undefined> {
  return {
    text: `ASCII of ${ids.map(formatId).join(' and ')}`,
    frame: ids[0],
    present: (frames) => ids.some((id) => frames.has(id)),
    read: (frames) => {
      const bytes = ids.flatMap((id) => [...(frames.get(id) ?? [])]);
      // Bytes beyond ASCII become visible as such: a name is shown to people.
      const text = String.fromCharCode(...bytes)
        .replace(/^[\0 ]+|[\0 ]+$/g, '')
        .replace(/[^ -~]/g, '?');
      return text === '' ? undefined : text;
    },
  };
}

/** Whether the data are a text, padded with zeros. */
export const isText = (data: Uint8Array | undefined): boolean =>
  data !== undefined && /^[ -~]+\0*$/.test(String.fromCharCode(...data));
