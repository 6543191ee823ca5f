// Voltronic PI30, QPGSn: unit n of a parallel system; any unit tells of all. 27 columns, 29 on MAX. Column 0 is 0 on a
// single unit too, whose values are live; a unit that is not there has a serial number of zeros.

import { batteryPower, type Part, type RecordDefinition } from '../../device.ts';
import { flag, gauge, info, state } from '../../field.ts';
import { askPi30, brief, hexOf } from '../../framing/voltronic.ts';
import type { Exchange } from '../../session.ts';
import type { Columns } from '../../where.ts';
import { bits, looks, pi30Columns, pi30Shape, text, value, without } from '../voltronic-columns.ts';
import { askUnits } from '../voltronic-units.ts';
import {
  netBatteryCurrent,
  voltronicBatteryConditions,
  voltronicChargerPriorities,
  voltronicFaults,
  voltronicModes,
  voltronicOutputModes,
} from '../voltronic-words.ts';

const isParallel = pi30Shape({
  least: 20,
  looks: {
    0: looks.code,
    2: looks.letter,
    3: looks.twoDigits,
    4: looks.decimal,
    19: looks.eightBits,
    20: looks.code,
  },
});

const unitsMax = 9;
const exchanges = Array.from({ length: unitsMax }, (_, number) =>
  askPi30(`QPGS${number}`, isParallel, brief),
);

const serialColumn = 1;
const isThere = (columns: Columns): boolean =>
  columns[0] !== '0' || !/^0*$/.test(columns[serialColumn] ?? '');

/** The sums of the system are the same in every unit's answer: they belong to the one that is asked. */
const systemColumns = [15, 16, 17, 18];

/**
 * The unit at the link is the device itself and known by its serial number; the others are devices of their own. Where
 * the numbers are placeholders nobody can tell which is which, and a unit would count twice: then none is told.
 */
function toParts(units: readonly Columns[], own: unknown): readonly Part<Columns>[] {
  const [first] = units;
  if (units.length === 1 && first !== undefined) return [{ payload: first }];
  const isOwn = (columns: Columns) => columns[serialColumn] === own;
  if (units.filter(isOwn).length !== 1) return [];
  return units.map((payload, number) =>
    isOwn(payload) ? { payload } : { part: `unit_${number}`, payload: without(payload, ...systemColumns) },
  );
}

export const parallel: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'units of a parallel system; the others than the one at the link are `<name>_unit_<n>`',
  *askedOfParts({ known }) {
    const units = yield* askUnits(exchanges, pi30Columns, isThere);
    return toParts(units, known['serial_number']);
  },
  requests: exchanges.map(({ request }, number) => ({
    form: hexOf(request),
    does: `asks for \`QPGS${number}\``,
  })),
  answers: (request) => ({ ...(exchanges[0] as Exchange), ...(request === undefined ? {} : { request }) }),
  parse: pi30Columns,
  optional: true,
  fields: {
    parallel_unit_present: flag(value(0)),
    serial_number: info(text(serialColumn)),
    device_state: state(text(2), voltronicModes),
    device_error: state(value(3), voltronicFaults, { problem: true }),
    ac_input_voltage: gauge(value(4), { unit: 'V' }),
    ac_input_frequency: gauge(value(5), { unit: 'Hz' }),
    ac_output_voltage: gauge(value(6), { unit: 'V' }),
    ac_output_frequency: gauge(value(7), { unit: 'Hz' }),
    ac_output_apparent_power: gauge(value(8), { unit: 'VA' }),
    ac_output_power: gauge(value(9), { unit: 'W' }),
    ac_output_load: gauge(value(10), { unit: '%' }),
    battery_voltage: gauge(value(11), { unit: 'V' }),
    battery_charge_current: gauge(value(12), { unit: 'A' }),
    state_of_charge: gauge(value(13), { unit: '%' }),
    pv_voltage_1: gauge(value(14), { unit: 'V' }),
    system_battery_charge_current: gauge(value(15), { unit: 'A' }),
    system_ac_output_apparent_power: gauge(value(16), { unit: 'VA' }),
    system_ac_output_power: gauge(value(17), { unit: 'W' }),
    system_ac_output_load: gauge(value(18), { unit: '%' }),
    solar_charger_ok: flag(bits(19, 0)),
    charging_from_ac: flag(bits(19, 1)),
    charging_from_pv: flag(bits(19, 2)),
    battery_condition: state(bits(19, 3, 2), voltronicBatteryConditions),
    ac_input_lost: flag(bits(19, 5)),
    ac_output_on: flag(bits(19, 6)),
    settings_changed: flag(bits(19, 7)),
    setting_ac_output_mode: state(value(20), voltronicOutputModes),
    setting_charger_source_priority: state(value(21), voltronicChargerPriorities),
    setting_battery_charge_current_max: gauge(value(22), { unit: 'A' }),
    battery_charge_current_rated: gauge(value(23), { unit: 'A' }),
    setting_battery_charge_current_max_ac: gauge(value(24), { unit: 'A' }),
    pv_current_1: gauge(value(25), { unit: 'A' }),
    battery_discharge_current: gauge(value(26), { unit: 'A' }),
    pv_voltage_2: gauge(value(27), { unit: 'V' }),
    pv_current_2: gauge(value(28), { unit: 'A' }),
  },
  computed: [netBatteryCurrent, batteryPower],
};
