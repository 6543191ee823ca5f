// VE.Direct HEX: what every product says of itself. The register 0102 is left out: how it writes the version is published
// nowhere, and the command for the version tells it.

import { counter, type Fields, info } from '../../field.ts';
import { productRegister, versionRegister } from '../../framing/vedirect-hex.ts';
import { victronProducts } from '../victron-products.generated.ts';
import { characters, type Place, registerValue, unsigned } from './places.ts';

const productIdRegister = 0x0100;

/**
 * The product id: instance, id, FF. Some firmware gives two bytes instead, and those in either order: the order that names
 * a product is right.
 */
export function productIdOf(payload: Uint8Array): number | undefined {
  const long = registerValue(payload, productIdRegister);
  if (long?.length === 4) return (long[1] ?? 0) + 256 * (long[2] ?? 0);
  const [low, high] = long?.length === 2 ? long : (registerValue(payload, productRegister) ?? []);
  if (low === undefined || high === undefined) return undefined;
  const [id, swapped] = [low + 256 * high, high + 256 * low];
  return !isProduct(id) && isProduct(swapped) ? swapped : id;
}

export const isProduct = (id: number): boolean => victronProducts.has(id);

const productCode: Place<string | undefined> = {
  text: '0x0100 or command 4',
  registers: [productIdRegister],
  present: (payload) => productIdOf(payload) !== undefined,
  read: (payload) => {
    const id = productIdOf(payload);
    return id === undefined ? undefined : `0x${id.toString(16).toUpperCase().padStart(4, '0')}`;
  },
};

/** The two highest bits; 01 is what runs usually. */
const builds = [' boot loader', '', ' tester', ' rc'];

/** `0x4116` is 1.16. */
function versionOf(raw: string): string {
  const word = Number(raw);
  const minor = (word & 0xff).toString(16).padStart(2, '0');
  return `${((word >> 8) & 0x3f).toString(16)}.${minor}${builds[word >> 14] ?? ''}`;
}

const version: Place<number | undefined> = { ...unsigned(versionRegister), text: 'command 3', registers: [] };

export const serialRegister = 0x010a;
export const modelRegister = 0x010b;

export const identity: Fields<Uint8Array> = {
  product_code: info(productCode),
  serial_number: info(characters(serialRegister)),
  model: info(characters(modelRegister)),
  firmware_version: info(version, { convert: versionOf }),
  // Comes unasked from some.
  uptime: counter(unsigned(0x0120), { unit: 's' }),
};
