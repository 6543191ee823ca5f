// Voltronic PI18, ET, EY, EM, ED: energy of the panels, 8 digits. Year, month and day are the inverter's own, so its clock is
// asked first. Some units refuse all but the total.

import type { RecordDefinition } from '../../device.ts';
import { counter } from '../../field.ts';
import {
  askPi18,
  askPi18Either,
  brief,
  hexOf,
  type Pi18Inquiry,
  pi18Form,
  textOf,
} from '../../framing/voltronic.ts';
import type { Exchange, Session } from '../../session.ts';
import type { Columns } from '../../where.ts';
import { dateOf, looks, pi18Columns, value } from '../voltronic-columns.ts';

const isEnergy = (data: string): boolean => looks.energy.test(data);
export const askClock = askPi18('004T', (data) => looks.clock.test(data), brief);

const energy = (field: string, about: string): Omit<RecordDefinition<Columns>, 'asked'> => ({
  kind: 'inverter',
  about,
  parse: pi18Columns,
  turn: { everyMs: 600_000 },
  optional: true,
  fields: { [field]: counter(value(0), { unit: 'Wh' }) },
});

/** @param digits of the date: 4 year, 6 with month, 8 with day */
const dated = (
  inquiry: Pi18Inquiry,
  digits: number,
  field: string,
  about: string,
): RecordDefinition<Columns> => ({
  ...energy(field, about),
  *asked(): Session<Columns> {
    const date = dateOf(textOf(yield askClock), digits);
    return pi18Columns(yield* askPi18Either(`${inquiry}${date}`, isEnergy));
  },
  requests: [
    { form: hexOf(askClock.request), does: "asks for the inverter's clock" },
    { form: pi18Form(inquiry, digits), does: `asks for \`${inquiry.slice(3)}\` and a date` },
  ],
  answers: (request): Exchange => ({
    ...askPi18(inquiry, isEnergy),
    ...(request === undefined ? {} : { request }),
  }),
});

export const energyTotal: RecordDefinition<Columns> = {
  ...energy('pv_energy_total', 'energy of the panels, total'),
  asked: askPi18('005ET', isEnergy, brief),
};
export const energyYear = dated('009EY', 4, 'pv_energy_year', 'energy of the panels, year');
export const energyMonth = dated('011EM', 6, 'pv_energy_month', 'energy of the panels, month');
export const energyDay = dated('013ED', 8, 'pv_energy_today', 'energy of the panels, day');
