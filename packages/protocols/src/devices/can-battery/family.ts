// One family of batteries on CAN: which record a frame is of, and rounds of frames to readings.

import type { CanFrame, Decoded, StreamContent } from '../../device.ts';
import { dataBytesMax, type Frames, formatId } from '../../frames.ts';
import { decodeRecord } from '../../record.ts';
import type { FrameRecord } from './shared-frames.ts';

/** Which of several units a frame is of, and under which identifier the records have it. */
export interface Placed {
  readonly id: number;
  /** From 0; absent where one battery speaks for all. */
  readonly unit?: number;
}

export interface BusFamily {
  readonly id: string;
  readonly records: { readonly [record: string]: FrameRecord };
  /** Records of others that such batteries may send besides; used where the family's own say nothing. */
  readonly besides?: { readonly [record: string]: FrameRecord };
  /** `undefined`: the frame is of another family. Absent: identifiers are the records'. */
  readonly place?: (id: number) => Placed | undefined;
  /** Name of a unit as a part of the device; `undefined`: it is the device itself. */
  readonly partOf?: (unit: number) => string | undefined;
  /** Identifiers by which values of others are understood. */
  readonly context?: readonly number[];
}

/** Identifiers to the record that they belong to. */
export type RecordsById = ReadonlyMap<number, string>;

export function recordsById(records: BusFamily['records']): RecordsById {
  const found = new Map<number, string>();
  for (const [name, { fields }] of Object.entries(records)) {
    if (/^0x/.test(name)) found.set(Number(name), name);
    for (const { where } of Object.values(fields))
      if (where.frame !== undefined && !found.has(where.frame)) found.set(where.frame, name);
  }
  return found;
}

/** What is wrong with a frame, in words. */
export const damageOf = ({ id, data }: CanFrame): string | undefined =>
  data.length > dataBytesMax
    ? `a CAN frame has at most ${dataBytesMax} bytes, ${formatId(id)} has ${data.length}`
    : undefined;

/** Captured frames to readings: one of each record and unit for every round. A round ends when a frame comes again. */
export function readFramesOf(family: BusFamily): (frames: readonly CanFrame[]) => StreamContent {
  const byId = recordsById(family.records);
  return (all) => {
    const readings: Decoded[] = [];
    const corrupt: string[] = [];
    const ignored: string[] = [];
    const rounds = new Map<number | undefined, Map<number, Uint8Array>>();
    const before = new Map<number | undefined, Frames>();
    const finish = (unit: number | undefined): void => {
      const round = rounds.get(unit) ?? new Map();
      readings.push(...decodeRound(family, byId, withContext(family, round, before.get(unit)), unit, round));
      before.set(unit, round);
      rounds.delete(unit);
    };
    for (const frame of all) {
      const damage = damageOf(frame);
      const placed = placeOf(family, frame.id);
      if (damage !== undefined) corrupt.push(damage);
      else if (placed === undefined || !byId.has(placed.id))
        ignored.push(`${formatId(frame.id)} is no frame of ${family.id}`);
      else {
        if (rounds.get(placed.unit)?.has(placed.id)) finish(placed.unit);
        const round = rounds.get(placed.unit) ?? new Map<number, Uint8Array>();
        rounds.set(placed.unit, round.set(placed.id, frame.data));
      }
    }
    for (const unit of [...rounds.keys()]) finish(unit);
    // The keep-alive of an inverter among others holds nothing; by itself it is what was asked for.
    const telling = readings.filter(({ values }) => Object.keys(values).length > 0);
    return { readings: telling.length > 0 ? telling : readings, corrupt, ignored };
  };
}

export const placeOf = ({ place }: BusFamily, id: number): Placed | undefined =>
  place?.(id) ?? (place ? undefined : { id });

function withContext({ context = [] }: BusFamily, round: Frames, before: Frames | undefined): Frames {
  const missing = context.flatMap((id) => {
    const data = round.has(id) ? undefined : before?.get(id);
    return data === undefined ? [] : [[id, data] as const];
  });
  return missing.length === 0 ? round : new Map([...round, ...missing]);
}

function decodeRound(
  family: BusFamily,
  byId: RecordsById,
  frames: Frames,
  unit: number | undefined,
  heard: Frames,
): Decoded[] {
  const names = new Set([...heard.keys()].map((id) => byId.get(id) ?? ''));
  return [...names].flatMap((record) => {
    const definition = family.records[record];
    if (definition === undefined) return [];
    return [
      { ...aboutUnit(family, unit), record, kind: definition.kind, values: decodeRecord(definition, frames) },
    ];
  });
}

export function aboutUnit({ partOf }: BusFamily, unit: number | undefined): Pick<Decoded, 'part'> {
  const part = unit === undefined ? undefined : partOf?.(unit);
  return part === undefined ? {} : { part };
}
