// An Axpert VM III on the virtual radio: characteristics of twenty bytes that are read one by one, with the ids of another
// list. Written from the sheet of the layouts, apart from the decoder.

import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';
import { type AxpertState, axpertRating } from './axpert.ts';

const valueBytes = 20;
const words = (...values: readonly number[]): Buffer => {
  const value = Buffer.alloc(valueBytes);
  for (const [index, word] of values.entries()) value.writeUInt16LE(Math.round(word) & 0xffff, 2 * index);
  return value;
};

const acInputLost = 1 << 5;

const values: { readonly [id: string]: (state: AxpertState) => Buffer } = {
  '2a01': () => textAt({ 3: '00041.17', 12: '00000.24' }),
  '2a02': () => Buffer.concat([Buffer.alloc(valueBytes - 1), Buffer.of(44)]),
  '2a03': ({ acInputVoltage, acOutputVoltage, frequency, acOutputPower, batteryVoltage, batteryCurrent }) =>
    words(
      acInputVoltage * 10,
      acInputVoltage > 0 ? frequency * 10 : 0,
      acOutputVoltage * 10,
      frequency * 10,
      acOutputPower,
      acOutputPower,
      (100 * acOutputPower) / axpertRating.apparentPower,
      400,
      batteryVoltage * 100,
      Math.max(0, batteryCurrent),
    ),
  '2a04': ({ charge, heatsink, batteryCurrent, acInputVoltage, mode }) =>
    words(
      charge,
      heatsink,
      Math.max(0, -batteryCurrent),
      0,
      acInputVoltage > 0 ? 0 : acInputLost,
      0,
      mode.charCodeAt(0),
    ),
  '2a05': () => {
    const { apparentPower, power, batteryVoltage, current } = axpertRating;
    return words(2300, current * 10, 2300, 500, current * 10, apparentPower, power, batteryVoltage * 10, 1);
  },
  '2a0c': () => Buffer.from('e600f4013c1e1c023402b801cc011c0200020302', 'hex'),
  '2a0d': () => Buffer.from('3501000001003c001e00d01678000000ffff0000', 'hex'),
  '2a0e': () => Buffer.alloc(valueBytes),
  '2a11': ({ pvPower, pvVoltage }) => {
    const value = textAt({ 0: '00033.02' });
    words(0, (10 * pvPower) / (pvVoltage || 1), pvVoltage * 10, pvPower).copy(value, 8, 0, 8);
    return value;
  },
};

function textAt(texts: { readonly [offset: number]: string }): Buffer {
  const value = Buffer.alloc(valueBytes);
  for (const [offset, text] of Object.entries(texts)) value.write(text, Number(offset), 'latin1');
  return value;
}

/** What a characteristic holds; `undefined`: there is none of that id. */
export const axpertValue = (id: string, state: AxpertState): Buffer | undefined => values[id]?.(state);

/** @param state is asked at each read */
export function createAxpertPeripheral(state: () => AxpertState, options: PeripheralOptions): Peripheral {
  const characteristics = Object.entries(values).map(([uuid, encode]) => ({
    uuid,
    properties: ['read'] as const,
    onRead: () => encode(state()),
  }));
  return createPeripheral({
    name: 'ID55355535553555',
    services: [
      // What every device has, with an id of its own meaning there.
      { uuid: '1801', characteristics: [{ uuid: '2a05', properties: ['indicate'] }] },
      { uuid: '1810', characteristics },
    ],
    ...options,
  });
}
