// Device kinds: the closed list that is also the database's measurements, with what a page shows first of each
// and how its power counts in the balance of a site.

/** How a field takes part in the site's sum of watts: what it supplies is +, what it uses is −. */
export interface Flow {
  readonly field: string;
  /** Which node of the site's picture the watts belong to. */
  readonly node: 'sun' | 'battery' | 'grid' | 'load';
  /** +1: a positive value supplies the site; −1: a positive value is used. */
  readonly sign: 1 | -1;
}

interface DeviceKindDefinition {
  readonly label: string;
  /** Fields that lead on a card, the most telling first; those that a device lacks are passed over. */
  readonly lead: readonly string[];
  readonly flows: readonly Flow[];
  /** The counter that holds the day's solar yield, where the kind has one. */
  readonly solarEnergyToday?: string;
}

const define = <Key extends string>(kinds: Record<Key, DeviceKindDefinition>) => kinds;

export const deviceKinds = define({
  solar_charger: {
    label: 'Solar charger',
    lead: ['pv_power', 'charge_state', 'battery_voltage', 'battery_current', 'pv_energy_today'],
    flows: [{ field: 'pv_power', node: 'sun', sign: 1 }],
    solarEnergyToday: 'pv_energy_today',
  },
  battery: {
    label: 'Battery',
    lead: ['state_of_charge', 'battery_power', 'battery_voltage', 'battery_current', 'time_to_go'],
    flows: [{ field: 'battery_power', node: 'battery', sign: -1 }],
  },
  inverter: {
    label: 'Inverter',
    lead: [
      'ac_output_power',
      'ac_output_apparent_power',
      'device_state',
      'ac_output_voltage',
      'battery_voltage',
    ],
    flows: [
      { field: 'pv_power', node: 'sun', sign: 1 },
      { field: 'ac_input_power', node: 'grid', sign: 1 },
      { field: 'ac_output_power', node: 'load', sign: -1 },
    ],
    solarEnergyToday: 'pv_energy_today',
  },
  charger: {
    label: 'Charger',
    lead: ['battery_current', 'charge_state', 'battery_voltage', 'device_temperature'],
    // What it puts into the battery comes from the grid; none sends its input power.
    flows: [{ field: 'battery_power', node: 'grid', sign: 1 }],
  },
  dc_converter: {
    label: 'DC converter',
    lead: ['charge_state', 'dc_output_power', 'dc_output_voltage', 'dc_input_voltage', 'dc_output_current'],
    flows: [],
  },
  dc_meter: {
    label: 'DC meter',
    lead: ['dc_power', 'dc_current', 'dc_voltage', 'meter_type'],
    flows: [],
  },
  dc_switch: {
    label: 'DC switch',
    lead: ['dc_output_state', 'dc_output_voltage', 'dc_input_voltage', 'device_state'],
    flows: [],
  },
  power_station: {
    label: 'Power station',
    lead: ['state_of_charge', 'ac_output_power', 'pv_power', 'battery_voltage'],
    flows: [
      { field: 'pv_power', node: 'sun', sign: 1 },
      { field: 'battery_power', node: 'battery', sign: -1 },
      { field: 'ac_input_power', node: 'grid', sign: 1 },
      { field: 'ac_output_power', node: 'load', sign: -1 },
      { field: 'dc_output_power', node: 'load', sign: -1 },
    ],
  },
  system: {
    label: 'System',
    lead: ['pv_power', 'battery_power', 'state_of_charge', 'battery_voltage'],
    flows: [],
  },
  environment_sensor: {
    label: 'Environment sensor',
    lead: ['irradiance', 'pv_cell_temperature', 'pv_power_estimated'],
    flows: [],
  },
  other: { label: 'Other', lead: [], flows: [] },
});

export type DeviceKind = keyof typeof deviceKinds;

export const isDeviceKind = (word: string): word is DeviceKind => Object.hasOwn(deviceKinds, word);
