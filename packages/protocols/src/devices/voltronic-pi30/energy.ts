// Voltronic PI30, QET, QEY, QEM, QED of the panels and QLT, QLY, QLM, QLD of the load: 8 digits in Wh (MAX and newer). Year,
// month and day are the inverter's own, so its clock is asked first: what it calls today is what its counter counts.

import type { RecordDefinition } from '../../device.ts';
import { counter } from '../../field.ts';
import {
  askPi30,
  askPi30Either,
  brief,
  hexOf,
  type Pi30Inquiry,
  pi30Form,
  textOf,
} from '../../framing/voltronic.ts';
import type { Exchange, Session } from '../../session.ts';
import type { Columns } from '../../where.ts';
import { dateOf, looks, pi30Columns, value } from '../voltronic-columns.ts';

const isEnergy = (data: string): boolean => looks.energy.test(data);
export const askClock = askPi30('QT', (data) => looks.clock.test(data), brief);

const everyMs = 600_000;

const energy = (field: string, about: string): Omit<RecordDefinition<Columns>, 'asked'> => ({
  kind: 'inverter',
  about,
  parse: pi30Columns,
  turn: { everyMs },
  optional: true,
  fields: { [field]: counter(value(0), { unit: 'Wh' }) },
});

const total = (inquiry: Pi30Inquiry, field: string, about: string): RecordDefinition<Columns> => ({
  ...energy(field, about),
  asked: askPi30(inquiry, isEnergy, brief),
});

/** @param digits of the date: 4 year, 6 with month, 8 with day */
const dated = (
  inquiry: Pi30Inquiry,
  digits: number,
  field: string,
  about: string,
): RecordDefinition<Columns> => ({
  ...energy(field, about),
  *asked(): Session<Columns> {
    const date = dateOf(textOf(yield askClock), digits);
    return pi30Columns(yield* askPi30Either(`${inquiry}${date}` as Pi30Inquiry, isEnergy));
  },
  requests: [
    { form: hexOf(askClock.request), does: "asks for the inverter's clock" },
    { form: pi30Form(inquiry, digits), does: `asks for \`${inquiry}\` and a date` },
  ],
  answers: (request): Exchange => ({
    ...askPi30(inquiry, isEnergy),
    ...(request === undefined ? {} : { request }),
  }),
});

export const energyTotal = total('QET', 'pv_energy_total', 'energy of the panels, total');
export const energyYear = dated('QEY', 4, 'pv_energy_year', 'energy of the panels, year');
export const energyMonth = dated('QEM', 6, 'pv_energy_month', 'energy of the panels, month');
export const energyDay = dated('QED', 8, 'pv_energy_today', 'energy of the panels, day');
export const loadTotal = total('QLT', 'ac_output_energy_total', 'energy of the load, total');
export const loadYear = dated('QLY', 4, 'ac_output_energy_year', 'energy of the load, year');
export const loadMonth = dated('QLM', 6, 'ac_output_energy_month', 'energy of the load, month');
export const loadDay = dated('QLD', 8, 'ac_output_energy_today', 'energy of the load, day');
