// Voltronic PI18, PGSn: unit n of a parallel system, 29 columns. The unit at the link is known by its number in GS.

import { batteryPower, type Part, type RecordDefinition } from '../../device.ts';
import { flag, gauge, state } from '../../field.ts';
import { askPi18, brief, hexOf } from '../../framing/voltronic.ts';
import type { Exchange } from '../../session.ts';
import type { Columns } from '../../where.ts';
import { looks, pi18Columns, pi18Shape, value, without } from '../voltronic-columns.ts';
import { askUnits } from '../voltronic-units.ts';
import {
  netBatteryCurrent,
  pvPowerOfTrackers,
  voltronicFaults,
  voltronicPi18Modes,
} from '../voltronic-words.ts';
import { directions, tenths } from './shared.ts';

const isParallel = pi18Shape({
  least: 27,
  looks: { 0: looks.code, 1: looks.code, 2: looks.twoDigits, 3: /^\d{3,4}$/, 9: /^\d{4,5}$/, 22: looks.code },
});

const unitsMax = 9;
const exchanges = Array.from({ length: unitsMax }, (_, number) =>
  askPi18(`007PGS${number}`, isParallel, brief),
);

/** The sums of the system are the same in every unit's answer: they belong to the one that is asked. */
const systemColumns = [9, 10, 12, 16];

const isThere = ([exists]: Columns): boolean => exists !== '0';

/** One unit is the device itself; of several the one whose number GS tells. */
function toParts(units: readonly Columns[], own: unknown): readonly Part<Columns>[] {
  const [first] = units;
  if (units.length === 1 && first !== undefined) return [{ payload: first }];
  const ownNumber = typeof own === 'string' ? Number(own) : undefined;
  if (ownNumber === undefined || units[ownNumber] === undefined) return [];
  return units.map((payload, number) =>
    number === ownNumber
      ? { payload }
      : { part: `unit_${number}`, payload: without(payload, ...systemColumns) },
  );
}

export const parallel: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'units of a parallel system; the others than the one at the link are `<name>_unit_<n>`',
  *askedOfParts({ known }) {
    const units = yield* askUnits(exchanges, pi18Columns, isThere);
    return toParts(units, known['parallel_unit_number']);
  },
  requests: exchanges.map(({ request }, number) => ({
    form: hexOf(request),
    does: `asks for \`PGS${number}\``,
  })),
  answers: (request) => ({ ...(exchanges[0] as Exchange), ...(request === undefined ? {} : { request }) }),
  parse: pi18Columns,
  optional: true,
  fields: {
    parallel_unit_present: flag(value(0)),
    device_state: state(value(1), voltronicPi18Modes),
    device_error: state(value(2), voltronicFaults, { problem: true }),
    ac_input_voltage: tenths(3, 'V'),
    ac_input_frequency: tenths(4, 'Hz'),
    ac_output_voltage: tenths(5, 'V'),
    ac_output_frequency: tenths(6, 'Hz'),
    ac_output_apparent_power: gauge(value(7), { unit: 'VA' }),
    ac_output_power: gauge(value(8), { unit: 'W' }),
    system_ac_output_apparent_power: gauge(value(9), { unit: 'VA' }),
    system_ac_output_power: gauge(value(10), { unit: 'W' }),
    ac_output_load: gauge(value(11), { unit: '%' }),
    system_ac_output_load: gauge(value(12), { unit: '%' }),
    battery_voltage: tenths(13, 'V'),
    battery_discharge_current: gauge(value(14), { unit: 'A' }),
    battery_charge_current: gauge(value(15), { unit: 'A' }),
    system_battery_charge_current: gauge(value(16), { unit: 'A' }),
    state_of_charge: gauge(value(17), { unit: '%' }),
    pv_power_1: gauge(value(18), { unit: 'W' }),
    pv_power_2: gauge(value(19), { unit: 'W' }),
    pv_voltage_1: tenths(20, 'V'),
    pv_voltage_2: tenths(21, 'V'),
    ...directions(22),
    device_temperature_max: gauge(value(28), { unit: '°C' }),
  },
  computed: [netBatteryCurrent, batteryPower, pvPowerOfTrackers],
};
