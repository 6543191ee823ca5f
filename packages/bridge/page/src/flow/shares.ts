// Which node feeds which, from the watts of each: nobody measures it, so sun is spent first, and on the loads first.

import type { SiteView } from '../../../src/web/api.ts';
import type { Node } from '../device/sight.ts';

export type Watts = SiteView['watts'][number];

export interface Share {
  readonly from: Node;
  readonly to: Node;
  readonly watts: number;
}

const sources: readonly Node[] = ['sun', 'grid', 'battery'];
const targets: readonly Node[] = ['load', 'battery', 'grid'];

/** Supply handed out until either side is used up; what remains is the site's unexplained part and not drawn. */
export function sharesOf(watts: readonly Watts[]): Share[] {
  const left = new Map(watts.map(({ node, value }) => [node, value ?? 0]));
  const shares: Share[] = [];
  for (const from of sources) {
    for (const to of targets) {
      const given = Math.min(left.get(from) ?? 0, -(left.get(to) ?? 0));
      if (given <= 0) continue;
      shares.push({ from, to, watts: given });
      left.set(from, (left.get(from) ?? 0) - given);
      left.set(to, (left.get(to) ?? 0) + given);
    }
  }
  return shares;
}

export const supplyOf = (watts: readonly Watts[]): number =>
  watts.reduce((sum, { value }) => sum + Math.max(0, value ?? 0), 0);

export const useOf = (watts: readonly Watts[]): number =>
  watts.reduce((sum, { value }) => sum + Math.min(0, value ?? 0), 0);
