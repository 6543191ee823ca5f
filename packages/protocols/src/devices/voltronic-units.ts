// The units of a parallel Voltronic system, of which any one can tell.

import { type Exchange, ProtocolError, type Session } from '../session.ts';
import type { Columns } from '../where.ts';

/** Asks for one unit after the other until one is not there, or refused. @throws ProtocolError when the first is refused */
export function* askUnits(
  exchanges: readonly Exchange[],
  columnsOf: (answer: Uint8Array) => Columns,
  isThere: (columns: Columns) => boolean,
): Session<readonly Columns[]> {
  const units: Columns[] = [];
  for (const exchange of exchanges) {
    const answer = yield* ask(exchange, units.length > 0);
    // A single unit calls itself absent, with live values.
    const columns = answer === undefined ? undefined : columnsOf(answer);
    if (columns === undefined || (units.length > 0 && !isThere(columns))) break;
    units.push(columns);
  }
  return units;
}

/** `undefined`: refused, as there is no such unit. */
function* ask(exchange: Exchange, mayRefuse: boolean): Session<Uint8Array | undefined> {
  try {
    return yield exchange;
  } catch (error) {
    if (mayRefuse && error instanceof ProtocolError && error.code === 'refused') return undefined;
    throw error;
  }
}
