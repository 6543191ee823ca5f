// A family's decoders by themselves: in a thread of its own, where V8 has seen no other. A program that reads a dozen families
// is up to a third slower.

import { parentPort, workerData } from 'node:worker_threads';
import { definitions } from '../../packages/protocols/src/index.ts';
import { type Case, casesOfFamilies, casesOfSame } from './families.ts';
import { ratePerSecond } from './processor-time.ts';

export interface OneFamily {
  readonly family: string;
  /** Which of its cases. */
  readonly decoded: readonly number[];
  /** Only these values of its records. */
  readonly same: { readonly [record: string]: RegExp } | undefined;
}

const { family, decoded, same } = workerData as OneFamily;

function casesOf(): readonly Case[] {
  if (same === undefined) return casesOfFamilies().get(family) ?? [];
  const definition = definitions.find(({ id }) => id === family);
  if (definition === undefined) throw new Error(`the catalogue lacks ${family}`);
  return casesOfSame(definition, same);
}

const cases = casesOf();
parentPort?.postMessage(ratePerSecond(decoded.flatMap((index) => cases[index]?.work ?? [])));
