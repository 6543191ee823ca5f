// Decoding one encrypted solar record on one core: frame, key check, cipher, seven fields, one computed.

import { definitions, victronCompany } from '../../packages/protocols/src/index.ts';
import { encodeInstantReadout } from '../../packages/simulator/src/site/encode.ts';
import type { Measurement } from './measurement.ts';
import { ratePerSecond } from './processor-time.ts';

const productId = 0xa042;
const recordType = 0x01;
/** A sunny noon: every field has a value. */
const plain = Buffer.from('03006c050e002b00130000fe', 'hex');

export function measureDecode(): Measurement[] {
  const hear = definitions.find(({ id }) => id === 'victron-ble')?.hear;
  if (hear === undefined) throw new Error('there is no victron-ble');
  const key = Buffer.from('adeccb947395801a4dd45a2eaa44bf17', 'hex');
  // As on the air: each measurement has its own nonce and with it its own key stream.
  const packets = Array.from({ length: 1000 }, (_, nonce) => ({
    source: victronCompany,
    payload: encodeInstantReadout(productId, recordType, nonce, key, plain),
  }));
  let index = 0;
  const rate = ratePerSecond([
    () => {
      const decoded = hear.decode(packets[index++ % packets.length] ?? { source: 0, payload: plain }, key);
      if (!('values' in decoded)) throw new Error('the packet was not decoded');
    },
  ]);
  return [
    {
      what: 'decode one encrypted solar record, one core',
      result: `${Math.round(rate).toLocaleString('en')}/s`,
      required: '≥ 300,000/s',
      goal: '1,000,000/s',
      isMet: rate >= 300_000,
    },
  ];
}
