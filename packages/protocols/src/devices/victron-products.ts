// The name of a Victron product by its id, which is the same by radio, by cable and in HEX registers.

import { victronProducts } from './victron-products.generated.ts';

/** The vendor's name; an id that is not in his list as hex. */
export const victronProductName = (id: number): string =>
  victronProducts.get(id) ?? `0x${id.toString(16).toUpperCase().padStart(4, '0')}`;
