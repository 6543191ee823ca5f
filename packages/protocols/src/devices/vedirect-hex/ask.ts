// Asks a VE.Direct port in HEX: first what the product is, then every register of its record. What a product refuses twice is
// not asked again on the connection; settings and names are asked once. Registers that come unasked meanwhile are taken.

import type { PollContext, RecordDefinition } from '../../device.ts';
import { askHex, getRegister, productRegister, versionRegister } from '../../framing/vedirect-hex.ts';
import { joinChunks, ProtocolError, type Session } from '../../session.ts';
import { vedirectProductRecord } from '../vedirect-text/record.ts';
import { victronProductName } from '../victron-products.ts';
import { modelRegister, productIdOf, serialRegister } from './identity.ts';
import { nameOf, type Place, registerValue } from './places.ts';
import { historyRegisters } from './solar-charger.ts';

type Records = { readonly [record: string]: RecordDefinition<Uint8Array> };

export const registersOf = ({ fields }: RecordDefinition<Uint8Array>): readonly number[] => [
  ...new Set(Object.values(fields).flatMap(({ where }) => (where as Place).registers)),
];

/** Registers of settings and names: the fields that do not change while the device runs. */
function steadyRegistersOf({ fields }: RecordDefinition<Uint8Array>): ReadonlySet<number> {
  const steady = Object.entries(fields).filter(([name]) => /^setting_|_rated$/.test(name));
  return new Set([
    serialRegister,
    modelRegister,
    ...steady.flatMap(([, { where }]) => (where as Place).registers),
  ]);
}

/** The record of a product; `undefined`: a product that nobody has described. */
export function recordOfProduct(payload: Uint8Array): string | undefined {
  const id = productIdOf(payload);
  if (id === undefined) return undefined;
  const record = vedirectProductRecord(victronProductName(id));
  return record === 'multi_rs' ? 'inverter' : record;
}

/** Not asked one by one: it is asked for first. */
const asideRegisters: readonly number[] = [0x0100];
/** A second silence is the device's, not the register's. */
const silencesMax = 1;

export function* askRegisters(records: Records, { settled }: PollContext): Session<Uint8Array> {
  const unasked = new Map<number, Uint8Array>();
  const heard = (register: Uint8Array): void => {
    unasked.set((register[0] ?? 0) + 256 * (register[1] ?? 0), register);
  };
  const product = yield* askProduct(heard);
  const name = recordOfProduct(product);
  const record = name === undefined ? undefined : records[name];
  if (record === undefined)
    throw new ProtocolError('refused', `no registers are known of the product ${productNameOf(product)}`);
  forgetOther(settled, productNameOf(product));
  const told = [product];
  const steady = steadyRegistersOf(record);
  if (!settled.has('version')) {
    settled.add('version');
    told.push(yield* orNothing(askHex(versionRegister)));
  }
  let silences = 0;
  for (const id of registersOf(record)) {
    if (asideRegisters.includes(id) || settled.has(nameOf(id))) continue;
    try {
      told.push(yield getRegister(id, heard));
      settled.add(answeredOnce(id));
      if (steady.has(id)) settled.add(nameOf(id));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code !== 'refused' && (settled.has(answeredOnce(id)) || ++silences > silencesMax))
        throw error;
      goWithout(id, error, settled);
    }
  }
  const answered = joinChunks(told);
  const more = [...unasked].filter(([id]) => registerValue(answered, id) === undefined);
  return joinChunks([answered, ...more.map(([, register]) => register)]);
}

const answeredOnce = (id: number): string => `${nameOf(id)} answered`;

/**
 * Asked no more, unless it was answered before: it may be refused for a while only. A first refusal may be due to a request
 * that was damaged on its way, and the history of a day that has only begun is refused too.
 */
function goWithout(id: number, { code }: ProtocolError, settled: Set<string>): void {
  if (settled.has(answeredOnce(id)) || historyRegisters.includes(id)) return;
  const refused = `${nameOf(id)} refused`;
  if (code === 'silent' || settled.has(refused)) settled.add(nameOf(id));
  else settled.add(refused);
}

/** The long form first: the short one comes in the wrong order from some. */
function* askProduct(heard: (register: Uint8Array) => void): Session<Uint8Array> {
  try {
    return yield getRegister(0x0100, heard);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'refused') throw error;
    return yield askHex(productRegister);
  }
}

function* orNothing(exchange: ReturnType<typeof askHex>): Session<Uint8Array> {
  try {
    return yield exchange;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return Uint8Array.of();
  }
}

const productNameOf = (payload: Uint8Array): string => victronProductName(productIdOf(payload) ?? 0);

/** Another device at the cable has other registers. */
function forgetOther(settled: Set<string>, product: string): void {
  if (settled.has(product)) return;
  settled.clear();
  settled.add(product);
}
