// REVO firmware speaks PI30 and puts other things in some columns of QPIGS and QPIRI (REVO Protocol V03, 2020-11-12). Such
// a unit is known by its name, or because it answers QLITH0, which no other does.

import type { PollContext, RecordDefinition } from '../../device.ts';
import { hexOf } from '../../framing/voltronic.ts';
import type { Exchange, Session } from '../../session.ts';
import type { Columns } from '../../where.ts';
import { pi30Columns, without } from '../voltronic-columns.ts';

const isRevo = ({ known }: PollContext): boolean =>
  known['bms_battery_voltage'] !== undefined || /REVO/i.test(String(known['model']));

/** Asks, and leaves out the columns that mean something else on a REVO. */
export function askUnlessRevo(
  exchange: Exchange,
  does: string,
  others: readonly number[],
): Pick<RecordDefinition<Columns>, 'asked' | 'answers' | 'parse' | 'requests'> {
  return {
    *asked(context): Session<Columns> {
      const columns = pi30Columns(yield exchange);
      return isRevo(context) ? without(columns, ...others) : columns;
    },
    requests: [{ form: hexOf(exchange.request), does }],
    answers: () => exchange,
    parse: pi30Columns,
  };
}
